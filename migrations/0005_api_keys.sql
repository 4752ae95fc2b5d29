-- API keys: what a machine presents in its maker's name (docs/decisions/0010).

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY CHECK (length(id) = 22),
  name TEXT NOT NULL CHECK (length(name) <= 100),
  secret_hash TEXT NOT NULL CHECK (length(secret_hash) = 43),
  -- Whose authority it acts on; null once the maker has been erased. No foreign key: the row stays.
  maker_subject TEXT CHECK (length(maker_subject) = 22),
  -- His bare id, as the audit log keeps it.
  made_by INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL CHECK (expires_at > created_at),
  last_used_at INTEGER,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_newest ON api_keys (created_at, id);
CREATE INDEX api_keys_expiry ON api_keys (expires_at);
CREATE INDEX api_keys_maker ON api_keys (maker_subject) WHERE maker_subject IS NOT NULL;

-- By id, so that a permission which is made anew under an old name is in no old key.
CREATE TABLE api_key_permissions (
  api_key_id TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
  permission_id INTEGER NOT NULL REFERENCES permissions (id) ON DELETE CASCADE,
  PRIMARY KEY (api_key_id, permission_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_permissions_permission ON api_key_permissions (permission_id);

-- The key that acted in the actor's name, where one did.
ALTER TABLE audit_log ADD COLUMN api_key_id TEXT;

CREATE TRIGGER audit_log_key_changed BEFORE UPDATE ON audit_log
WHEN new.api_key_id IS NOT old.api_key_id BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;
