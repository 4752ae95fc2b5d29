-- A server that signs its users in by the API may name the client that it acts for (access/forwarded-client.ts).

-- Whoever holds it may put it on an API key. Nothing else asks for it.
INSERT INTO permissions (name, description, built_in, created_at)
  VALUES ('forward:client', 'Name the client that a request is made for', 1, 0)
  ON CONFLICT (name) DO UPDATE SET built_in = 1, description = excluded.description;

-- The API key that named the client of the row; NULL if the connection did.
ALTER TABLE audit_log ADD COLUMN forwarded_by TEXT;

CREATE TRIGGER audit_log_forwarder_changed BEFORE UPDATE ON audit_log
WHEN new.forwarded_by IS NOT old.forwarded_by BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;
