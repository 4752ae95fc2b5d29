-- Instants are milliseconds since the epoch (UTC); a day is such an instant divided by 86,400,000.
-- Tables are never rebuilt (docs/decisions/0005): later migrations add columns, tables and triggers.

-- Users ---------------------------------------------------------------------------------------

CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subject TEXT NOT NULL CHECK (length(subject) = 22),
  email TEXT NOT NULL CHECK (length(email) BETWEEN 5 AND 254),
  email_key TEXT NOT NULL CHECK (length(email_key) BETWEEN 5 AND 254 AND email_key = lower(email_key)),
  full_name TEXT NOT NULL CHECK (length(full_name) BETWEEN 2 AND 255),
  hashed_password TEXT CHECK (length(hashed_password) BETWEEN 20 AND 1000),
  password_changed_at INTEGER,
  password_expires_at INTEGER,
  bio TEXT CHECK (length(bio) <= 2000),
  avatar_url TEXT CHECK (length(avatar_url) <= 500),
  preferences TEXT NOT NULL DEFAULT '{}' CHECK (json_type(preferences) = 'object' AND octet_length(preferences) <= 16384),
  language TEXT NOT NULL DEFAULT 'en' CHECK (length(language) BETWEEN 2 AND 10),
  email_verified_at INTEGER,
  deactivated_at INTEGER,
  status TEXT NOT NULL GENERATED ALWAYS AS (
    CASE WHEN deactivated_at IS NOT NULL THEN 'deactivated'
         WHEN email_verified_at IS NULL THEN 'pending'
         ELSE 'active' END
  ) VIRTUAL,
  two_factor_secret TEXT,
  two_factor_enabled_at INTEGER,
  two_factor_pending_secret TEXT,
  two_factor_pending_until INTEGER,
  auth_version INTEGER NOT NULL DEFAULT 1 CHECK (auth_version >= 1),
  credential_version INTEGER NOT NULL DEFAULT 1 CHECK (credential_version >= 1),
  home_region TEXT CHECK (length(home_region) BETWEEN 2 AND 10),
  origin TEXT NOT NULL CHECK (origin IN ('registered', 'invited', 'imported', 'setup')),
  invited_by INTEGER REFERENCES users (id) ON DELETE SET NULL,
  last_login_at INTEGER,
  login_count INTEGER NOT NULL DEFAULT 0 CHECK (login_count >= 0),
  last_active_day INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK ((two_factor_enabled_at IS NULL) = (two_factor_secret IS NULL)),
  CHECK ((two_factor_pending_until IS NULL) = (two_factor_pending_secret IS NULL))
) STRICT;

CREATE UNIQUE INDEX users_subject ON users (subject);
CREATE UNIQUE INDEX users_email_key ON users (email_key);
CREATE INDEX users_status ON users (status, id);
-- Without it the deletion of a user would read every other one.
CREATE INDEX users_invited_by ON users (invited_by) WHERE invited_by IS NOT NULL;

-- Roles and permissions -----------------------------------------------------------------------

CREATE TABLE roles (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 2 AND 100),
  description TEXT NOT NULL DEFAULT '' CHECK (length(description) <= 500),
  built_in INTEGER NOT NULL DEFAULT 0 CHECK (built_in IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX roles_name ON roles (name);

CREATE TABLE permissions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 3 AND 100),
  description TEXT NOT NULL DEFAULT '' CHECK (length(description) <= 500),
  built_in INTEGER NOT NULL DEFAULT 0 CHECK (built_in IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX permissions_name ON permissions (name);

CREATE TABLE user_roles (
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role_id INTEGER NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
  assigned_at INTEGER NOT NULL,
  assigned_by INTEGER REFERENCES users (id) ON DELETE SET NULL,
  PRIMARY KEY (user_id, role_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_roles_role ON user_roles (role_id, user_id);
CREATE INDEX user_roles_assigned_by ON user_roles (assigned_by) WHERE assigned_by IS NOT NULL;

CREATE TABLE role_permissions (
  role_id INTEGER NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
  permission_id INTEGER NOT NULL REFERENCES permissions (id) ON DELETE CASCADE,
  PRIMARY KEY (role_id, permission_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX role_permissions_permission ON role_permissions (permission_id);

INSERT INTO roles (name, description, built_in, created_at) VALUES
  ('user', 'Regular user', 1, 0),
  ('admin', 'Administrator', 1, 0),
  ('moderator', 'Content moderator', 1, 0);

INSERT INTO permissions (name, description, built_in, created_at) VALUES
  ('read:own', 'Read own data', 1, 0),
  ('write:own', 'Write own data', 1, 0),
  ('read:all', 'Read all data', 1, 0),
  ('write:all', 'Write all data', 1, 0),
  ('admin:users', 'Manage users', 1, 0),
  ('admin:system', 'System administration', 1, 0);

-- `admin` has no rows here: it carries every permission by definition.
INSERT INTO role_permissions (role_id, permission_id)
  SELECT r.id, p.id FROM roles r JOIN permissions p
  WHERE (r.name = 'user' AND p.name IN ('read:own', 'write:own'))
     OR (r.name = 'moderator' AND p.name IN ('read:own', 'write:own', 'read:all'));

-- One-time secrets ----------------------------------------------------------------------------

CREATE TABLE one_time_tokens (
  hash TEXT PRIMARY KEY CHECK (length(hash) = 43),
  purpose TEXT NOT NULL CHECK (purpose IN ('verify_email', 'decline_registration', 'reset_password',
    'confirm_email_change', 'undo_email_change', 'accept_invitation')),
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  email TEXT NOT NULL,
  -- While a link may bring an address back, nobody else can have it.
  reserved_key TEXT,
  key_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX one_time_tokens_user ON one_time_tokens (user_id, purpose);
CREATE INDEX one_time_tokens_expiry ON one_time_tokens (expires_at);
CREATE INDEX one_time_tokens_reserved ON one_time_tokens (reserved_key) WHERE reserved_key IS NOT NULL;

CREATE TABLE recovery_codes (
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  hash TEXT NOT NULL CHECK (length(hash) BETWEEN 43 AND 70),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;

-- Requests for mails, known address or not: a request for an unknown one writes as much.
CREATE TABLE mail_requests (
  day INTEGER NOT NULL,
  purpose TEXT NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (day, purpose)
) STRICT, WITHOUT ROWID;

-- Outbox: what a committed change still owes the world -----------------------------------------

CREATE TABLE outbox (
  id TEXT PRIMARY KEY CHECK (length(id) = 22),
  kind TEXT NOT NULL,
  -- No foreign key: telling an erased user's object must outlive the user.
  subject TEXT,
  payload TEXT NOT NULL CHECK (json_type(payload) = 'object'),
  attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  next_attempt_at INTEGER NOT NULL,
  leased_until INTEGER,
  last_error TEXT,
  dead_at INTEGER,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE dead_at IS NULL;
CREATE INDEX outbox_dead ON outbox (dead_at) WHERE dead_at IS NOT NULL;
CREATE INDEX outbox_subject ON outbox (subject) WHERE subject IS NOT NULL;

-- Audit and the rollups that hang on it ---------------------------------------------------------

-- `id` is a UUIDv7, so the primary key is also the order in time. No foreign keys: after an erasure
-- the bare ids stay as pseudonyms (AUTOINCREMENT never hands one out again).
CREATE TABLE audit_log (
  id TEXT PRIMARY KEY CHECK (length(id) = 36),
  at INTEGER NOT NULL,
  event TEXT NOT NULL CHECK (length(event) BETWEEN 3 AND 60),
  actor_id INTEGER,
  target_id INTEGER,
  ip TEXT,
  country TEXT,
  user_agent TEXT,
  data TEXT NOT NULL DEFAULT '{}' CHECK (json_type(data) = 'object')
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_log_event ON audit_log (event, id);
CREATE INDEX audit_log_target ON audit_log (target_id, id) WHERE target_id IS NOT NULL;
-- What someone did to himself is found by target.
CREATE INDEX audit_log_actor ON audit_log (actor_id, id) WHERE actor_id IS NOT target_id AND actor_id IS NOT NULL;

CREATE TABLE parked_events (
  id TEXT PRIMARY KEY,
  message TEXT NOT NULL,
  parked_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE daily_logins (
  day INTEGER PRIMARY KEY,
  logins INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  users INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE daily_login_users (
  day INTEGER NOT NULL,
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  PRIMARY KEY (day, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX daily_login_users_user ON daily_login_users (user_id);

-- How many users were last active on a day: the actives of any window are the sum of its buckets.
CREATE TABLE active_days (
  day INTEGER PRIMARY KEY,
  users INTEGER NOT NULL DEFAULT 0
) STRICT;

-- An index for clean-up, admins and counts. Sessions are never validated from here.
CREATE TABLE user_sessions (
  id TEXT PRIMARY KEY CHECK (length(id) = 44),
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX user_sessions_user ON user_sessions (user_id);
CREATE INDEX user_sessions_expiry ON user_sessions (expires_at);

CREATE TRIGGER audit_log_signed_in AFTER INSERT ON audit_log WHEN new.event = 'auth.signed_in' BEGIN
  UPDATE users SET
    login_count = login_count + 1,
    last_login_at = max(coalesce(last_login_at, 0), new.at),
    last_active_day = max(coalesce(last_active_day, 0), new.at / 86400000)
  WHERE id = new.target_id;
  INSERT INTO daily_logins (day, logins) VALUES (new.at / 86400000, 1)
    ON CONFLICT (day) DO UPDATE SET logins = logins + 1;
  INSERT INTO daily_login_users (day, user_id) VALUES (new.at / 86400000, new.target_id)
    ON CONFLICT (day, user_id) DO NOTHING;
  -- Queues keep no order: a session whose end was delivered first is not listed any more. Ids begin
  -- with their millisecond (13 characters), so the search starts at the sign-in.
  INSERT INTO user_sessions (id, user_id, created_at, expires_at)
    SELECT new.data ->> 'session_id', new.target_id, new.at, new.data ->> 'expires_at'
    WHERE NOT EXISTS (
      SELECT 1 FROM audit_log AS ended JOIN json_each(ended.data, '$.session_ids') AS gone
      WHERE ended.target_id = new.target_id AND ended.id >= substr(new.id, 1, 13)
        AND ended.event = 'auth.sessions_ended' AND gone.value = new.data ->> 'session_id')
    ON CONFLICT (id) DO NOTHING;
END;

CREATE TRIGGER daily_login_users_count AFTER INSERT ON daily_login_users BEGIN
  UPDATE daily_logins SET users = users + 1 WHERE day = new.day;
END;

CREATE TRIGGER audit_log_sign_in_failed AFTER INSERT ON audit_log WHEN new.event = 'auth.sign_in_failed' BEGIN
  INSERT INTO daily_logins (day, failures) VALUES (new.at / 86400000, 1)
    ON CONFLICT (day) DO UPDATE SET failures = failures + 1;
END;

CREATE TRIGGER audit_log_active AFTER INSERT ON audit_log WHEN new.event = 'user.active' BEGIN
  UPDATE users SET last_active_day = max(coalesce(last_active_day, 0), new.at / 86400000)
  WHERE id = new.target_id;
END;

CREATE TRIGGER audit_log_sessions_ended AFTER INSERT ON audit_log WHEN new.event = 'auth.sessions_ended' BEGIN
  DELETE FROM user_sessions WHERE id IN (SELECT value FROM json_each(new.data, '$.session_ids'));
END;

CREATE TRIGGER users_active_day AFTER UPDATE OF last_active_day ON users
WHEN new.last_active_day IS NOT old.last_active_day BEGIN
  UPDATE active_days SET users = users - 1 WHERE day = old.last_active_day;
  INSERT INTO active_days (day, users) SELECT new.last_active_day, 1 WHERE new.last_active_day IS NOT NULL
    ON CONFLICT (day) DO UPDATE SET users = users + 1;
END;

CREATE TRIGGER users_active_day_gone AFTER DELETE ON users WHEN old.last_active_day IS NOT NULL BEGIN
  UPDATE active_days SET users = users - 1 WHERE day = old.last_active_day;
END;

-- Signing keys of access tokens ------------------------------------------------------------------

CREATE TABLE signing_keys (
  kid TEXT PRIMARY KEY,
  public_jwk TEXT NOT NULL CHECK (json_type(public_jwk) = 'object'),
  private_key TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  signs_from INTEGER NOT NULL,
  -- After this it signs no more; it stays published until the last token it signed has expired.
  signs_until INTEGER NOT NULL,
  published_until INTEGER NOT NULL,
  CHECK (signs_from < signs_until AND signs_until <= published_until)
) STRICT;

-- Preconditions: a batch that inserts (name, ok) here aborts unless ok is 1; nothing is ever stored.

CREATE TABLE precondition (
  name TEXT NOT NULL,
  ok INTEGER
) STRICT;

CREATE TRIGGER precondition_holds BEFORE INSERT ON precondition BEGIN
  SELECT CASE WHEN new.ok IS NOT 1 THEN RAISE(ABORT, 'precondition:' || new.name) END;
  SELECT RAISE(IGNORE);
END;
