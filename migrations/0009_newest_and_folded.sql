-- Newest first means by the time of registration, which an import brings with it, and no longer by id. The
-- search index is made again in that order, and without the accents: it is derived from other tables,
-- so dropping it loses nothing (docs/decisions/0005 is about tables that cannot be made again).

DROP TRIGGER users_registered;
DROP TRIGGER users_made;
DROP TRIGGER relisted_user;
DROP TRIGGER users_gone;
DROP TRIGGER user_roles_given;
DROP VIEW users_search_rows;
DROP TABLE users_search;

-- Imports could say any time before now; from here on none before 1970.
UPDATE users SET created_at = 0 WHERE created_at < 0;

-- The user's row in the search index: the time of registration in steps of 128 ms, then the id, in 35
-- and 28 bits. Beyond what a JavaScript number holds: hand it out as text. It never changes.
ALTER TABLE users ADD COLUMN search_rowid INTEGER NOT NULL
  GENERATED ALWAYS AS (((created_at >> 7) << 28) | (id & 268435455)) VIRTUAL;

-- Letters that the index does not fold by itself: those without a decomposition, and Cyrillic and Greek
-- ones with one. The same list folds what is searched for (src/user-search/fold-letters.ts).
ALTER TABLE users ADD COLUMN folded_email TEXT NOT NULL GENERATED ALWAYS AS (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
    replace(replace(
    email
    , 'ß', 'ss'), 'ẞ', 'ss'), 'æ', 'ae'), 'Æ', 'ae'), 'œ', 'oe'), 'Œ', 'oe'), 'ø', 'o'), 'Ø', 'o')
    , 'ł', 'l'), 'Ł', 'l'), 'đ', 'd'), 'Đ', 'd'), 'ð', 'd'), 'Ð', 'd'), 'þ', 'th'), 'Þ', 'th')
    , 'ı', 'i'), 'İ', 'i'), 'ħ', 'h'), 'Ħ', 'h'), 'ŧ', 't'), 'Ŧ', 't'), 'ŋ', 'n'), 'Ŋ', 'n')
    , 'ə', 'e'), 'Ə', 'e'), 'ё', 'е'), 'Ё', 'е'), 'й', 'и'), 'Й', 'и'), 'ї', 'і'), 'Ї', 'і')
    , 'ў', 'у'), 'Ў', 'у'), 'ѓ', 'г'), 'Ѓ', 'г'), 'ќ', 'к'), 'Ќ', 'к'), 'ѝ', 'и'), 'Ѝ', 'и')
    , 'ѐ', 'е'), 'Ѐ', 'е'), 'ά', 'α'), 'Ά', 'α'), 'έ', 'ε'), 'Έ', 'ε'), 'ή', 'η'), 'Ή', 'η')
    , 'ί', 'ι'), 'Ί', 'ι'), 'ό', 'ο'), 'Ό', 'ο'), 'ύ', 'υ'), 'Ύ', 'υ'), 'ώ', 'ω'), 'Ώ', 'ω')
    , 'ϊ', 'ι'), 'Ϊ', 'ι'), 'ϋ', 'υ'), 'Ϋ', 'υ'), 'ΐ', 'ι'), 'ΰ', 'υ')
  ) VIRTUAL;
ALTER TABLE users ADD COLUMN folded_name TEXT NOT NULL GENERATED ALWAYS AS (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
    replace(replace(
    full_name
    , 'ß', 'ss'), 'ẞ', 'ss'), 'æ', 'ae'), 'Æ', 'ae'), 'œ', 'oe'), 'Œ', 'oe'), 'ø', 'o'), 'Ø', 'o')
    , 'ł', 'l'), 'Ł', 'l'), 'đ', 'd'), 'Đ', 'd'), 'ð', 'd'), 'Ð', 'd'), 'þ', 'th'), 'Þ', 'th')
    , 'ı', 'i'), 'İ', 'i'), 'ħ', 'h'), 'Ħ', 'h'), 'ŧ', 't'), 'Ŧ', 't'), 'ŋ', 'n'), 'Ŋ', 'n')
    , 'ə', 'e'), 'Ə', 'e'), 'ё', 'е'), 'Ё', 'е'), 'й', 'и'), 'Й', 'и'), 'ї', 'і'), 'Ї', 'і')
    , 'ў', 'у'), 'Ў', 'у'), 'ѓ', 'г'), 'Ѓ', 'г'), 'ќ', 'к'), 'Ќ', 'к'), 'ѝ', 'и'), 'Ѝ', 'и')
    , 'ѐ', 'е'), 'Ѐ', 'е'), 'ά', 'α'), 'Ά', 'α'), 'έ', 'ε'), 'Έ', 'ε'), 'ή', 'η'), 'Ή', 'η')
    , 'ί', 'ι'), 'Ί', 'ι'), 'ό', 'ο'), 'Ό', 'ο'), 'ύ', 'υ'), 'Ύ', 'υ'), 'ώ', 'ω'), 'Ώ', 'ω')
    , 'ϊ', 'ι'), 'Ϊ', 'ι'), 'ϋ', 'υ'), 'Ϋ', 'υ'), 'ΐ', 'ι'), 'ΰ', 'υ')
  ) VIRTUAL;

-- FTS5 leaves this one behind when a contentless table with stored columns is dropped. It can go only now
-- that adding columns has made SQLite read its schema again: until then it counts as a part of FTS5.
DROP TABLE IF EXISTS users_search_content;

-- 2^42 ms are the year 2109; with 2^28 ids a database of 10 GB is full long before.
CREATE TRIGGER users_search_rowid_fits AFTER INSERT ON users
WHEN new.created_at < 0 OR new.created_at >= 4398046511104 OR new.id > 268435455 BEGIN
  SELECT RAISE(ABORT, 'users: created_at or id is out of range');
END;

CREATE TRIGGER users_search_rowid_kept BEFORE UPDATE OF id, created_at ON users
WHEN new.id <> old.id OR new.created_at <> old.created_at BEGIN
  SELECT RAISE(ABORT, 'users: id and created_at never change');
END;

-- As in 0002, with the row of a user at search_rowid instead of id, and accents folded.
CREATE VIRTUAL TABLE users_search USING fts5(
  email, full_name, facets, roles UNINDEXED, counter UNINDEXED,
  content='', contentless_delete=1, contentless_unindexed=1, tokenize='trigram remove_diacritics 1'
);

CREATE VIEW users_search_rows AS
SELECT
  users.id,
  users.search_rowid,
  char(1, 1) || users.folded_email AS email,
  char(1, 1) || users.folded_name AS full_name,
  '#' || substr(users.status, 1, 1) || '#' || coalesce(
    (SELECT group_concat(role_id || '#', '') FROM user_roles WHERE user_id = users.id), '') AS facets,
  (SELECT json_group_array(roles.name) FROM user_roles JOIN roles ON roles.id = user_roles.role_id
    WHERE user_roles.user_id = users.id) AS roles,
  'role:' || EXISTS (SELECT 1 FROM user_roles WHERE user_id = users.id AND role_id = 1)
    || ':' || users.status AS counter
FROM users;

CREATE TRIGGER users_registered AFTER INSERT ON users
WHEN new.origin = 'registered' AND new.status = 'pending' AND new.hashed_password IS NOT NULL BEGIN
  INSERT INTO users_search (rowid, email, full_name, facets, roles, counter)
    VALUES (new.search_rowid, char(1, 1) || new.folded_email, char(1, 1) || new.folded_name, '#p#1#', '["user"]', 'role:1:pending');
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
    SELECT search_rowid, email, full_name, facets, roles, counter FROM users_search_rows WHERE id = new.id;
  UPDATE counters SET value = value + 1 WHERE name = 'role:0:' || new.status;
  UPDATE counters SET value = value + 1 WHERE name = 'users:verified' AND new.email_verified_at IS NOT NULL;
  UPDATE counters SET value = value + 1 WHERE name = 'users:two_factor' AND new.two_factor_enabled_at IS NOT NULL;
  INSERT INTO daily_registrations (day, registrations) VALUES (new.created_at / 86400000, 1)
    ON CONFLICT (day) DO UPDATE SET registrations = registrations + 1;
END;

CREATE TRIGGER relisted_user INSTEAD OF INSERT ON relisted BEGIN
  UPDATE counters SET value = value + iif(counters.name = now.counter, 1, -1)
    FROM users_search_rows AS now JOIN users_search AS was ON was.rowid = now.search_rowid
    WHERE now.id = new.id AND was.counter <> now.counter
      AND counters.name IN (was.counter, now.counter);
  UPDATE users_search SET
    (email, full_name, facets, roles, counter) =
    (SELECT email, full_name, facets, roles, counter FROM users_search_rows WHERE id = new.id)
    WHERE rowid = (SELECT search_rowid FROM users WHERE id = new.id);
END;

CREATE TRIGGER users_gone AFTER DELETE ON users BEGIN
  UPDATE counters SET value = value - 1
    WHERE name = (SELECT counter FROM users_search WHERE rowid = old.search_rowid);
  UPDATE counters SET value = value - 1 WHERE name = 'users:verified' AND old.email_verified_at IS NOT NULL;
  UPDATE counters SET value = value - 1 WHERE name = 'users:two_factor' AND old.two_factor_enabled_at IS NOT NULL;
  DELETE FROM users_search WHERE rowid = old.search_rowid;
END;

CREATE TRIGGER user_roles_given AFTER INSERT ON user_roles
WHEN (SELECT roles FROM users_search WHERE rowid = (SELECT search_rowid FROM users WHERE id = new.user_id))
  IS NOT (SELECT roles FROM users_search_rows WHERE id = new.user_id) BEGIN
  INSERT INTO relisted (id) VALUES (new.user_id);
  INSERT INTO role_members (user_id, role_id, status, email_key, full_name)
    SELECT id, new.role_id, status, email_key, full_name FROM users
    WHERE id = new.user_id AND new.role_id <> 1;
END;

-- What was there before.
INSERT INTO users_search (rowid, email, full_name, facets, roles, counter)
  SELECT search_rowid, email, full_name, facets, roles, counter FROM users_search_rows ORDER BY search_rowid;
