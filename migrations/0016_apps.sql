-- Apps that sign their users in here (OAuth 2.1, OpenID Connect), and the APIs (resources) that they call.
-- Authorization codes, the sessions of apps and consents are kept by the user's object.

-- Apps of one sector know a user by the same `sub`, and apps of two sectors cannot compare theirs. Apps that
-- come with a metadata document share a salt, and their client id makes the difference.
CREATE TABLE sectors (
  id TEXT PRIMARY KEY CHECK (length(id) = 22 OR id IN ('first_party', 'metadata')),
  -- Encrypted, 32 random bytes. Never changes, or every app would lose its users.
  salt TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE apps (
  -- 22 random characters, or the https URL of a client id metadata document.
  client_id TEXT PRIMARY KEY CHECK (length(client_id) BETWEEN 12 AND 2000),
  source TEXT NOT NULL DEFAULT 'admin' CHECK (source IN ('admin', 'metadata')),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  kind TEXT NOT NULL CHECK (kind IN ('web', 'spa', 'native', 'machine')),
  auth_method TEXT NOT NULL
    CHECK (auth_method IN ('none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt')),
  -- SHA-256 of the secret, base64url. The secret has 256 random bits, so it needs no slow hash.
  secret_hash TEXT,
  previous_secret_hash TEXT,
  previous_secret_until INTEGER,
  -- A JSON Web Key Set, for private_key_jwt.
  jwks TEXT CHECK (json_type(jwks) = 'object'),
  redirect_uris TEXT NOT NULL DEFAULT '[]' CHECK (json_type(redirect_uris) = 'array'),
  post_logout_redirect_uris TEXT NOT NULL DEFAULT '[]' CHECK (json_type(post_logout_redirect_uris) = 'array'),
  backchannel_logout_uri TEXT CHECK (length(backchannel_logout_uri) <= 2000),
  -- After a timeout it gets no logout tokens until then.
  logout_paused_until INTEGER,
  initiate_login_uri TEXT CHECK (length(initiate_login_uri) <= 2000),
  -- Names of scopes and identifiers of resources that it may ask for.
  scopes TEXT NOT NULL DEFAULT '[]' CHECK (json_type(scopes) = 'array'),
  resources TEXT NOT NULL DEFAULT '[]' CHECK (json_type(resources) = 'array'),
  first_party INTEGER NOT NULL CHECK (first_party IN (0, 1)),
  pkce TEXT NOT NULL DEFAULT 'required' CHECK (pkce IN ('required', 'optional')),
  id_token_alg TEXT NOT NULL DEFAULT 'RS256' CHECK (id_token_alg IN ('RS256', 'ES256')),
  sector_id TEXT NOT NULL REFERENCES sectors (id) ON DELETE RESTRICT,
  -- Whether devices without a browser may sign in by it (RFC 8628). Off, because attackers send such codes to people.
  device_flow INTEGER NOT NULL DEFAULT 0 CHECK (device_flow IN (0, 1)),
  -- The permission that its users need; NULL: every active user may use it.
  required_permission TEXT CHECK (length(required_permission) <= 100),
  logo_uri TEXT CHECK (length(logo_uri) <= 2000),
  policy_uri TEXT CHECK (length(policy_uri) <= 2000),
  tos_uri TEXT CHECK (length(tos_uri) <= 2000),
  disabled_at INTEGER,
  created_by INTEGER REFERENCES users (id) ON DELETE SET NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK ((previous_secret_hash IS NULL) = (previous_secret_until IS NULL)),
  CHECK (device_flow = 0 OR kind IN ('web', 'native'))
) STRICT, WITHOUT ROWID;
CREATE INDEX apps_created_by ON apps (created_by) WHERE created_by IS NOT NULL;

CREATE TABLE resources (
  -- Also the name by which the resource server authenticates for introspection.
  id TEXT PRIMARY KEY CHECK (length(id) = 22),
  -- An absolute URI (RFC 8707 section 2): the audience of its tokens.
  identifier TEXT NOT NULL UNIQUE CHECK (length(identifier) BETWEEN 3 AND 500),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  token_ttl_seconds INTEGER NOT NULL CHECK (token_ttl_seconds BETWEEN 600 AND 3600),
  -- Whether apps that no admin registered may ask for it: those with a client id metadata document.
  open_to_metadata_apps INTEGER NOT NULL DEFAULT 0 CHECK (open_to_metadata_apps IN (0, 1)),
  secret_hash TEXT,
  previous_secret_hash TEXT,
  previous_secret_until INTEGER,
  created_by INTEGER REFERENCES users (id) ON DELETE SET NULL,
  created_at INTEGER NOT NULL,
  CHECK ((previous_secret_hash IS NULL) = (previous_secret_until IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX resources_created_by ON resources (created_by) WHERE created_by IS NOT NULL;

CREATE TABLE scopes (
  resource_id TEXT NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- The permission without which the scope is not in force; NULL: none.
  permission TEXT CHECK (length(permission) <= 100),
  -- Shown to users who are asked to consent.
  description TEXT NOT NULL DEFAULT '' CHECK (length(description) <= 200),
  PRIMARY KEY (resource_id, name)
) STRICT, WITHOUT ROWID;

-- Which user uses which app, fed by events: for admins, and never asked whether an app may do something.
CREATE TABLE app_grants (
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  client_id TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, client_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX app_grants_client ON app_grants (client_id);

-- Back-channel logout: one message to one app about one of its sessions. The id is that of its outbox row.
CREATE TABLE logout_deliveries (
  id TEXT PRIMARY KEY CHECK (length(id) = 22),
  client_id TEXT NOT NULL,
  -- What the app knows: its session, and its `sub` of the user.
  sid TEXT NOT NULL,
  sub TEXT NOT NULL,
  reason TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
  attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  last_status INTEGER,
  last_error TEXT CHECK (length(last_error) <= 60),
  created_at INTEGER NOT NULL,
  delivered_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX logout_deliveries_client ON logout_deliveries (client_id, id);

CREATE TRIGGER audit_log_app_signed_in AFTER INSERT ON audit_log
WHEN new.event = 'app.signed_in' AND new.target_id IS NOT NULL AND new.data ->> 'client_id' IS NOT NULL BEGIN
  INSERT INTO app_grants (user_id, client_id, first_at, last_at)
    VALUES (new.target_id, new.data ->> 'client_id', new.at, new.at)
    ON CONFLICT (user_id, client_id) DO UPDATE SET last_at = max(last_at, excluded.last_at);
END;

CREATE TRIGGER audit_log_app_disconnected AFTER INSERT ON audit_log
WHEN new.event = 'app.disconnected' BEGIN
  DELETE FROM app_grants WHERE user_id = new.target_id AND client_id = new.data ->> 'client_id';
END;

-- One delivery for each session of an app with a logout URI, in the transaction of the event.
CREATE TRIGGER audit_log_app_signed_out AFTER INSERT ON audit_log
WHEN new.event = 'app.signed_out' AND EXISTS (SELECT 1 FROM apps
  WHERE client_id = new.data ->> 'client_id' AND backchannel_logout_uri IS NOT NULL AND disabled_at IS NULL) BEGIN
  INSERT INTO logout_deliveries (id, client_id, sid, sub, reason, created_at)
    SELECT printf('%011x', new.at) || substr(lower(hex(randomblob(6))), 1, 11), new.data ->> 'client_id',
      value, new.data ->> 'sub', new.data ->> 'reason', new.at
    FROM json_each(new.data, '$.app_session_ids');
END;

-- Of the webhooks' partition: servers of third parties can be slow.
CREATE TRIGGER logout_deliveries_owed AFTER INSERT ON logout_deliveries BEGIN
  INSERT INTO outbox (id, kind, payload, next_attempt_at, created_at)
    VALUES (new.id, 'webhook', json_object('event', 'app.signed_out', 'logout', json('true')), new.created_at, new.created_at);
END;

CREATE TRIGGER outbox_logout_died AFTER UPDATE OF dead_at ON outbox
WHEN new.kind = 'webhook' AND (new.dead_at IS NULL) <> (old.dead_at IS NULL) BEGIN
  UPDATE logout_deliveries SET state = iif(new.dead_at IS NULL, 'pending', 'dead') WHERE id = new.id;
END;

-- ES256 signs access tokens, RS256 what apps are told about sign-ins (ID tokens, logout tokens).
ALTER TABLE signing_keys ADD COLUMN alg TEXT NOT NULL DEFAULT 'ES256' CHECK (alg IN ('ES256', 'RS256'));

-- Devices without a browser that wait for a user (RFC 8628). Neither code can be read out of it: the device code is an
-- encrypted token that names the row, the user code is keyed by TOKEN_KEYS.
CREATE TABLE device_authorizations (
  id TEXT PRIMARY KEY CHECK (length(id) = 22),
  user_code_hash TEXT NOT NULL UNIQUE,
  client_id TEXT NOT NULL,
  scopes TEXT NOT NULL CHECK (json_type(scopes) = 'array'),
  resources TEXT NOT NULL CHECK (json_type(resources) = 'array'),
  -- Where it was asked from, for the page that asks the user.
  ip TEXT,
  country TEXT,
  user_agent TEXT,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'approved', 'denied')),
  -- Encrypted: names the authorization code in the object of the user who approved.
  code TEXT,
  -- The poll that redeems the code, so that parallel ones do not.
  claimed_at INTEGER,
  last_polled_at INTEGER,
  poll_seconds INTEGER NOT NULL DEFAULT 5 CHECK (poll_seconds BETWEEN 5 AND 60),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  CHECK ((code IS NULL) = (state <> 'approved'))
) STRICT, WITHOUT ROWID;
CREATE INDEX device_authorizations_expiry ON device_authorizations (expires_at);
