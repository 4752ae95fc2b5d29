-- What admins search, sort and count by. Triggers keep it in the very transaction of each change, so
-- that no request ever scans users, however many there are. Every one names base columns: a trigger
-- on the generated column `status` would never fire.

-- How many of something there are. Every user stands in one of six: `role:1:<status>` with the
-- default role (`user`, whose id is 1), `role:0:<status>` without it. Any other role has its own three.
CREATE TABLE counters (
  name TEXT PRIMARY KEY CHECK (length(name) BETWEEN 3 AND 60),
  value INTEGER NOT NULL DEFAULT 0,
  -- How many of them registered on `day`, which is not over: see daily_registrations.
  day INTEGER,
  on_day INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

INSERT INTO counters (name) VALUES
  ('role:0:pending'), ('role:0:active'), ('role:0:deactivated'),
  ('role:1:pending'), ('role:1:active'), ('role:1:deactivated'),
  ('users:verified'), ('users:two_factor'), ('sessions');

-- Accounts made on a day, erased ones too. Those that registered themselves on the latest day are still
-- with the counter `role:1:pending`: so a registration writes one row for both.
CREATE TABLE daily_registrations (
  day INTEGER PRIMARY KEY,
  registrations INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TRIGGER counters_day_over AFTER UPDATE OF day ON counters WHEN new.day > old.day BEGIN
  INSERT INTO daily_registrations (day, registrations) VALUES (old.day, old.on_day)
    ON CONFLICT (day) DO UPDATE SET registrations = registrations + excluded.registrations;
END;

-- Search ----------------------------------------------------------------------------------------

-- One row a user, by id. Two U+0001, which no address and no name can hold, stand before each text,
-- so that its first one or two characters can be found too (a trigram has three). Facets are a column
-- of their own, so that no name forges one: `#a#1#12#` is an active user with the roles 1 and 12. What
-- is not indexed is stored: the names of his roles, and the counter that he stands in.
CREATE VIRTUAL TABLE users_search USING fts5(
  email, full_name, facets, roles UNINDEXED, counter UNINDEXED,
  content='', contentless_delete=1, contentless_unindexed=1, tokenize='trigram'
);

-- What the index should say of a user.
CREATE VIEW users_search_rows AS
SELECT
  users.id,
  char(1, 1) || users.email AS email,
  char(1, 1) || users.full_name AS full_name,
  '#' || substr(users.status, 1, 1) || '#' || coalesce(
    (SELECT group_concat(role_id || '#', '') FROM user_roles WHERE user_id = users.id), '') AS facets,
  (SELECT json_group_array(roles.name) FROM user_roles JOIN roles ON roles.id = user_roles.role_id
    WHERE user_roles.user_id = users.id) AS roles,
  'role:' || EXISTS (SELECT 1 FROM user_roles WHERE user_id = users.id AND role_id = 1)
    || ':' || users.status AS counter
FROM users;

-- Who holds a role other than `user`, in the orders of the list: nearly everybody holds that one.
CREATE TABLE role_members (
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role_id INTEGER NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
  status TEXT NOT NULL,
  email_key TEXT NOT NULL,
  full_name TEXT NOT NULL,
  PRIMARY KEY (user_id, role_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX role_members_email ON role_members (role_id, status, email_key, user_id);
CREATE INDEX role_members_name ON role_members (role_id, status, full_name COLLATE NOCASE, user_id);

CREATE INDEX users_status_email ON users (status, email_key, id);
CREATE INDEX users_status_name ON users (status, full_name COLLATE NOCASE, id);
-- By id, a status is found in users_search.
DROP INDEX users_status;

-- Users -------------------------------------------------------------------------------------------

-- Who registers himself is given the role `user` in the same batch (registration/register.ts), and is listed
-- with it at once: one row is written instead of four. Should it not come, the next change of his
-- status, name, address or roles sets that right.
CREATE TRIGGER users_registered AFTER INSERT ON users
WHEN new.origin = 'registered' AND new.status = 'pending' AND new.hashed_password IS NOT NULL BEGIN
  INSERT INTO users_search (rowid, email, full_name, facets, roles, counter)
    VALUES (new.id, char(1, 1) || new.email, char(1, 1) || new.full_name, '#p#1#', '["user"]', 'role:1:pending');
  UPDATE counters SET
    value = value + 1,
    day = max(coalesce(day, 0), new.created_at / 86400000),
    on_day = CASE
      WHEN new.created_at / 86400000 = day THEN on_day + 1
      WHEN new.created_at / 86400000 < day THEN on_day
      ELSE 1 END
  WHERE name = 'role:1:pending';
  -- Midnight is not everywhere at once: a day that is over may still get one.
  INSERT INTO daily_registrations (day, registrations) SELECT new.created_at / 86400000, 1
    WHERE new.created_at / 86400000 < (SELECT day FROM counters WHERE name = 'role:1:pending')
    ON CONFLICT (day) DO UPDATE SET registrations = registrations + 1;
END;

CREATE TRIGGER users_made AFTER INSERT ON users
WHEN NOT (new.origin = 'registered' AND new.status = 'pending' AND new.hashed_password IS NOT NULL) BEGIN
  INSERT INTO users_search (rowid, email, full_name, facets, roles, counter)
    SELECT id, email, full_name, facets, roles, counter FROM users_search_rows WHERE id = new.id;
  UPDATE counters SET value = value + 1 WHERE name = 'role:0:' || new.status;
  UPDATE counters SET value = value + 1 WHERE name = 'users:verified' AND new.email_verified_at IS NOT NULL;
  UPDATE counters SET value = value + 1 WHERE name = 'users:two_factor' AND new.two_factor_enabled_at IS NOT NULL;
  INSERT INTO daily_registrations (day, registrations) VALUES (new.created_at / 86400000, 1)
    ON CONFLICT (day) DO UPDATE SET registrations = registrations + 1;
END;

-- A procedure: a user id inserted here is listed and counted as he is now.
CREATE VIEW relisted AS SELECT id FROM users WHERE 0;

CREATE TRIGGER relisted_user INSTEAD OF INSERT ON relisted BEGIN
  UPDATE counters SET value = value + iif(counters.name = now.counter, 1, -1)
    FROM users_search AS was JOIN users_search_rows AS now ON now.id = was.rowid
    WHERE was.rowid = new.id AND was.counter <> now.counter
      AND counters.name IN (was.counter, now.counter);
  UPDATE users_search SET
    (email, full_name, facets, roles, counter) =
    (SELECT email, full_name, facets, roles, counter FROM users_search_rows WHERE id = new.id)
    WHERE rowid = new.id;
END;

CREATE TRIGGER users_relisted AFTER UPDATE OF email, email_key, full_name, email_verified_at, deactivated_at ON users
WHEN (new.email, new.email_key, new.full_name, new.status) IS NOT (old.email, old.email_key, old.full_name, old.status) BEGIN
  INSERT INTO relisted (id) VALUES (new.id);
  UPDATE role_members SET status = new.status, email_key = new.email_key, full_name = new.full_name
    WHERE user_id = new.id;
END;

CREATE TRIGGER users_verified AFTER UPDATE OF email_verified_at ON users
WHEN (new.email_verified_at IS NULL) <> (old.email_verified_at IS NULL) BEGIN
  UPDATE counters SET value = value + iif(new.email_verified_at IS NULL, -1, 1) WHERE name = 'users:verified';
END;

CREATE TRIGGER users_two_factor AFTER UPDATE OF two_factor_enabled_at ON users
WHEN (new.two_factor_enabled_at IS NULL) <> (old.two_factor_enabled_at IS NULL) BEGIN
  UPDATE counters SET value = value + iif(new.two_factor_enabled_at IS NULL, -1, 1) WHERE name = 'users:two_factor';
END;

CREATE TRIGGER users_gone AFTER DELETE ON users BEGIN
  UPDATE counters SET value = value - 1
    WHERE name = (SELECT counter FROM users_search WHERE rowid = old.id);
  UPDATE counters SET value = value - 1 WHERE name = 'users:verified' AND old.email_verified_at IS NOT NULL;
  UPDATE counters SET value = value - 1 WHERE name = 'users:two_factor' AND old.two_factor_enabled_at IS NOT NULL;
  DELETE FROM users_search WHERE rowid = old.id;
END;

-- Roles -------------------------------------------------------------------------------------------

CREATE TRIGGER user_roles_given AFTER INSERT ON user_roles
WHEN (SELECT roles FROM users_search WHERE rowid = new.user_id)
  IS NOT (SELECT roles FROM users_search_rows WHERE id = new.user_id) BEGIN
  INSERT INTO relisted (id) VALUES (new.user_id);
  INSERT INTO role_members (user_id, role_id, status, email_key, full_name)
    SELECT id, new.role_id, status, email_key, full_name FROM users
    WHERE id = new.user_id AND new.role_id <> 1;
END;

-- Not where the user himself is being deleted: he is gone by then, and so is what hangs on him.
CREATE TRIGGER user_roles_taken AFTER DELETE ON user_roles
WHEN EXISTS (SELECT 1 FROM users WHERE id = old.user_id) BEGIN
  INSERT INTO relisted (id) VALUES (old.user_id);
  DELETE FROM role_members WHERE user_id = old.user_id AND role_id = old.role_id;
END;

CREATE TRIGGER role_members_joined AFTER INSERT ON role_members BEGIN
  INSERT INTO counters (name, value) VALUES ('role:' || new.role_id || ':' || new.status, 1)
    ON CONFLICT (name) DO UPDATE SET value = value + 1;
END;

CREATE TRIGGER role_members_moved AFTER UPDATE OF status ON role_members WHEN new.status <> old.status BEGIN
  UPDATE counters SET value = value - 1 WHERE name = 'role:' || old.role_id || ':' || old.status;
  INSERT INTO counters (name, value) VALUES ('role:' || new.role_id || ':' || new.status, 1)
    ON CONFLICT (name) DO UPDATE SET value = value + 1;
END;

CREATE TRIGGER role_members_left AFTER DELETE ON role_members BEGIN
  UPDATE counters SET value = value - 1 WHERE name = 'role:' || old.role_id || ':' || old.status;
END;

CREATE TRIGGER roles_gone AFTER DELETE ON roles BEGIN
  DELETE FROM counters WHERE name IN
    ('role:' || old.id || ':pending', 'role:' || old.id || ':active', 'role:' || old.id || ':deactivated');
END;

-- Sessions ----------------------------------------------------------------------------------------

CREATE TRIGGER user_sessions_begun AFTER INSERT ON user_sessions BEGIN
  UPDATE counters SET value = value + 1 WHERE name = 'sessions';
END;

CREATE TRIGGER user_sessions_over AFTER DELETE ON user_sessions BEGIN
  UPDATE counters SET value = value - 1 WHERE name = 'sessions';
END;

-- What was there before ---------------------------------------------------------------------------

INSERT INTO users_search (rowid, email, full_name, facets, roles, counter)
  SELECT id, email, full_name, facets, roles, counter FROM users_search_rows ORDER BY id;

UPDATE counters SET value = (SELECT count(*) FROM users_search_rows WHERE counter = counters.name)
  WHERE name GLOB 'role:*';
UPDATE counters SET value = (SELECT count(*) FROM users WHERE email_verified_at IS NOT NULL) WHERE name = 'users:verified';
UPDATE counters SET value = (SELECT count(*) FROM users WHERE two_factor_enabled_at IS NOT NULL) WHERE name = 'users:two_factor';
UPDATE counters SET value = (SELECT count(*) FROM user_sessions) WHERE name = 'sessions';

INSERT INTO role_members (user_id, role_id, status, email_key, full_name)
  SELECT users.id, user_roles.role_id, users.status, users.email_key, users.full_name
  FROM user_roles JOIN users ON users.id = user_roles.user_id WHERE user_roles.role_id <> 1;

INSERT INTO daily_registrations (day, registrations)
  SELECT created_at / 86400000, count(*) FROM users GROUP BY 1;
