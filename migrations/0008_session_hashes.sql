-- Session ids no longer stand in D1: from this version on events and the index of sessions hold the
-- SHA-256 of an id (44 characters: base64url with its padding). SQLite cannot compute it, so a random
-- name takes the place of each id that older versions wrote: such a row says that its user had a
-- session, and leaves when that expires. Old events keep everything but the ids.

UPDATE user_sessions SET id = lower(hex(randomblob(22)));

DROP TRIGGER audit_log_changed;

UPDATE audit_log SET data = json_remove(data, '$.session_id')
WHERE event IN ('auth.signed_in', 'auth.refresh_reused', 'admin.sessions_revoked')
  AND data ->> 'session_id' IS NOT NULL;

UPDATE audit_log SET data = json_remove(data, '$.session_ids')
WHERE event = 'auth.sessions_ended';

-- As it was made by 0003.
CREATE TRIGGER audit_log_changed BEFORE UPDATE ON audit_log
WHEN NOT (
  new.ip IS NULL AND new.country IS NULL AND new.user_agent IS NULL
  AND new.id = old.id AND new.at = old.at AND new.event = old.event AND new.data = old.data
  AND new.actor_id IS old.actor_id AND new.target_id IS old.target_id
  AND coalesce(old.actor_id, old.target_id) IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM users WHERE id = coalesce(old.actor_id, old.target_id))
) BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;
