-- Passkeys (W3C WebAuthn Level 3). The sign counter, the last use, and which ones were removed are kept by
-- the user's object.
CREATE TABLE passkeys (
  -- Ours, random, for addresses and logs. The credential's own id is chosen by the authenticator.
  id TEXT PRIMARY KEY CHECK (length(id) = 22),
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- base64url.
  credential_id TEXT NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 1 AND 1364),
  -- A JWK.
  public_key TEXT NOT NULL,
  -- COSE algorithm identifier.
  algorithm INTEGER NOT NULL,
  -- The relying party id that it was made for.
  rp_id TEXT NOT NULL,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- The authenticator's model, as it says itself.
  aaguid TEXT NOT NULL CHECK (length(aaguid) = 36),
  -- JSON.
  transports TEXT NOT NULL,
  -- The counter at creation.
  sign_count INTEGER NOT NULL,
  is_backup_eligible INTEGER NOT NULL CHECK (is_backup_eligible IN (0, 1)),
  is_backed_up INTEGER NOT NULL CHECK (is_backed_up IN (0, 1)),
  -- Whether it verified its user at creation. One that did not is no way to sign in for sure.
  is_user_verified INTEGER NOT NULL CHECK (is_user_verified IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX passkeys_user ON passkeys (user_id);
CREATE INDEX passkeys_rp ON passkeys (rp_id);

INSERT INTO counters (name) VALUES ('users:passkey');

-- Users who have at least one.
CREATE TRIGGER passkeys_first AFTER INSERT ON passkeys
WHEN (SELECT count(*) FROM passkeys WHERE user_id = new.user_id) = 1 BEGIN
  UPDATE counters SET value = value + 1 WHERE name = 'users:passkey';
END;

CREATE TRIGGER passkeys_last AFTER DELETE ON passkeys
WHEN NOT EXISTS (SELECT 1 FROM passkeys WHERE user_id = old.user_id) BEGIN
  UPDATE counters SET value = value - 1 WHERE name = 'users:passkey';
END;
