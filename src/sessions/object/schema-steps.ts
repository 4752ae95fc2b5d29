import type { ObjectSchema } from '../../db/object-schema'

const PASSKEY_TABLES = `
  CREATE TABLE passkeys (
    id TEXT PRIMARY KEY, counter INTEGER NOT NULL, last_used_at INTEGER,
    is_backed_up INTEGER NOT NULL, removed_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE spent_challenges (
    challenge TEXT PRIMARY KEY, expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE trusted_devices (
    id TEXT PRIMARY KEY, name TEXT, created_at INTEGER NOT NULL, last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, generation INTEGER NOT NULL, rotated_at INTEGER NOT NULL,
    credential_version INTEGER NOT NULL, ip TEXT, country TEXT, user_agent TEXT, passkey_id TEXT
  ) STRICT, WITHOUT ROWID;`

const APP_TABLES = `
  CREATE TABLE codes (
    id TEXT PRIMARY KEY, sid TEXT NOT NULL, client_id TEXT NOT NULL, sub TEXT NOT NULL,
    scopes TEXT NOT NULL, resources TEXT NOT NULL, claims TEXT NOT NULL,
    is_offline INTEGER NOT NULL, credential_version INTEGER NOT NULL, passkey_ids TEXT NOT NULL,
    amr TEXT NOT NULL, auth_time INTEGER NOT NULL, redirect_uri TEXT NOT NULL, code_challenge TEXT,
    nonce TEXT, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, app_session_id TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE app_sessions (
    id TEXT PRIMARY KEY, sid TEXT NOT NULL, client_id TEXT NOT NULL, sub TEXT NOT NULL,
    scopes TEXT NOT NULL, resources TEXT NOT NULL, claims TEXT NOT NULL,
    is_offline INTEGER NOT NULL, credential_version INTEGER NOT NULL, passkey_ids TEXT NOT NULL,
    amr TEXT NOT NULL, auth_time INTEGER NOT NULL, generation INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE consents (
    client_id TEXT PRIMARY KEY, allowed TEXT NOT NULL, metadata_hash TEXT NOT NULL,
    since INTEGER NOT NULL, last_used_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`

const TABLES = `
  CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1), account_state TEXT, erased_at INTEGER, active_day INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE sessions (
    sid TEXT PRIMARY KEY, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL, is_remembered INTEGER NOT NULL, generation INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL, credential_version INTEGER NOT NULL,
    ip TEXT, country TEXT, user_agent TEXT,
    amr TEXT NOT NULL DEFAULT 'pwd', auth_time INTEGER NOT NULL DEFAULT 0,
    proved_at INTEGER NOT NULL DEFAULT 0, passkey_id TEXT, proved_by TEXT,
    sign_in_amr TEXT NOT NULL DEFAULT 'pwd'
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE devices (
    device TEXT PRIMARY KEY, last_seen_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE factor_attempts (
    kind TEXT NOT NULL, detail TEXT NOT NULL, tries TEXT NOT NULL, right_at INTEGER NOT NULL,
    lockouts INTEGER NOT NULL, known_until INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, detail)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE factor_state (
    one INTEGER PRIMARY KEY CHECK (one = 1), counted_since INTEGER NOT NULL, is_blocked INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE challenges (
    cid TEXT PRIMARY KEY, expires_at INTEGER NOT NULL, credential_version INTEGER NOT NULL,
    is_remembered INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    wrong_answers INTEGER NOT NULL DEFAULT 0, amr TEXT NOT NULL DEFAULT 'pwd'
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE totp (
    one INTEGER PRIMARY KEY CHECK (one = 1), last_step INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE notices (
    notice TEXT PRIMARY KEY, tries TEXT NOT NULL, expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL
  ) STRICT;
  CREATE TABLE writes (
    kind TEXT NOT NULL, detail TEXT NOT NULL, tries TEXT NOT NULL, expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, detail)
  ) STRICT, WITHOUT ROWID;
  ${PASSKEY_TABLES}
  ${APP_TABLES}`

const STEPS = [
  // 1: as objects were before the steps. They may lack any of the tables, or have `factor_tries`, a
  // budget of 15 minutes that `factor_attempts` replaced.
  `CREATE TABLE IF NOT EXISTS state (
     one INTEGER PRIMARY KEY CHECK (one = 1), authority TEXT, erased_at INTEGER, active_day INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   CREATE TABLE IF NOT EXISTS sessions (
     sid TEXT PRIMARY KEY, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
     last_used_at INTEGER NOT NULL, remembered INTEGER NOT NULL, n INTEGER NOT NULL,
     rotated_at INTEGER NOT NULL, credential_version INTEGER NOT NULL,
     ip TEXT, country TEXT, user_agent TEXT
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE IF NOT EXISTS devices (
     device TEXT PRIMARY KEY, last_seen_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE IF NOT EXISTS factor_attempts (
     kind TEXT NOT NULL, detail TEXT NOT NULL, tries TEXT NOT NULL, right_at INTEGER NOT NULL,
     lockouts INTEGER NOT NULL, known_until INTEGER NOT NULL, expires_at INTEGER NOT NULL,
     PRIMARY KEY (kind, detail)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE IF NOT EXISTS factor_state (
     one INTEGER PRIMARY KEY CHECK (one = 1), since INTEGER NOT NULL, blocked INTEGER NOT NULL
   ) STRICT;
   DROP TABLE IF EXISTS factor_tries;
   CREATE TABLE IF NOT EXISTS challenges (
     cid TEXT PRIMARY KEY, expires_at INTEGER NOT NULL, credential_version INTEGER NOT NULL,
     remembered INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
     wrong INTEGER NOT NULL DEFAULT 0
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE IF NOT EXISTS totp (
     one INTEGER PRIMARY KEY CHECK (one = 1), last_step INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE IF NOT EXISTS notices (
     notice TEXT PRIMARY KEY, tries TEXT NOT NULL, expires_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE IF NOT EXISTS events (
     seq INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL
   ) STRICT;
   CREATE TABLE IF NOT EXISTS writes (
     kind TEXT NOT NULL, detail TEXT NOT NULL, tries TEXT NOT NULL, expires_at INTEGER NOT NULL,
     PRIMARY KEY (kind, detail)
   ) STRICT, WITHOUT ROWID;`,
  // 2: columns, and a field of the account state, named as the code names them.
  `ALTER TABLE state RENAME COLUMN authority TO account_state;
   UPDATE state SET account_state = json_remove(
     json_set(account_state, '$.isSecondFactorEnabled', account_state -> '$.isTwoFactorEnabled'),
     '$.isTwoFactorEnabled')
     WHERE account_state LIKE '{%';
   ALTER TABLE sessions RENAME COLUMN n TO generation;
   ALTER TABLE sessions RENAME COLUMN remembered TO is_remembered;
   ALTER TABLE challenges RENAME COLUMN remembered TO is_remembered;
   ALTER TABLE challenges RENAME COLUMN wrong TO wrong_answers;
   ALTER TABLE factor_state RENAME COLUMN since TO counted_since;
   ALTER TABLE factor_state RENAME COLUMN blocked TO is_blocked;`,
  // 3: how sessions were opened, passkeys, trusted browsers. Until now a session of a user with a second
  // factor needed both, and no user had a passkey. A session that is open counts as proved at sign-in.
  `ALTER TABLE sessions ADD COLUMN amr TEXT NOT NULL DEFAULT 'pwd';
   ALTER TABLE sessions ADD COLUMN auth_time INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE sessions ADD COLUMN proved_at INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE sessions ADD COLUMN passkey_id TEXT;
   ALTER TABLE sessions ADD COLUMN proved_by TEXT;
   ALTER TABLE sessions ADD COLUMN sign_in_amr TEXT NOT NULL DEFAULT 'pwd';
   UPDATE sessions SET auth_time = created_at, proved_at = created_at, amr = CASE
     WHEN (SELECT account_state ->> '$.isSecondFactorEnabled' FROM state) = 1 THEN 'pwd otp mfa'
     ELSE 'pwd' END;
   UPDATE sessions SET sign_in_amr = amr;
   UPDATE state SET account_state = json_set(account_state, '$.passkeys', json('[]'))
     WHERE account_state LIKE '{%';
   ALTER TABLE challenges ADD COLUMN amr TEXT NOT NULL DEFAULT 'pwd';
   ${PASSKEY_TABLES}`,
  // 4: apps: authorization codes, sessions of apps, consents.
  APP_TABLES,
]

/** The tables of a user's object; docs/storage.md says what each holds. */
export const USER_SESSIONS_SCHEMA: ObjectSchema = { tables: TABLES, steps: STEPS }
