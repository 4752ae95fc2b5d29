-- The audit log is append-only. A row leaves only past the cut-off of its event, and of a row that
-- stays nothing changes but the circumstances of a person who has been erased. Against a careless
-- statement, not against somebody who may drop triggers.

-- Up to when events of a name may be deleted. The daily job sets it in the batch that deletes, so
-- deleting takes two statements that agree. A name that is not here is kept.
CREATE TABLE audit_retention (
  event TEXT PRIMARY KEY CHECK (length(event) BETWEEN 3 AND 60),
  delete_before INTEGER NOT NULL CHECK (delete_before >= 0)
) STRICT, WITHOUT ROWID;

-- Triggers know no clock: the newest row stands for now, and the day before it stays.
CREATE TRIGGER audit_retention_made BEFORE INSERT ON audit_retention
WHEN new.delete_before > max(0, coalesce((SELECT at FROM audit_log ORDER BY id DESC LIMIT 1), 0) - 86400000) BEGIN
  SELECT RAISE(ABORT, 'audit_retention: a day of audit must stay');
END;

CREATE TRIGGER audit_retention_changed BEFORE UPDATE ON audit_retention
WHEN new.delete_before > max(0, coalesce((SELECT at FROM audit_log ORDER BY id DESC LIMIT 1), 0) - 86400000) BEGIN
  SELECT RAISE(ABORT, 'audit_retention: a day of audit must stay');
END;

CREATE TRIGGER audit_log_deleted BEFORE DELETE ON audit_log
WHEN NOT EXISTS (SELECT 1 FROM audit_retention WHERE event = old.event AND delete_before > old.at) BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;

-- REPLACE deletes without firing the trigger above: a row that is there stays, and the new one is
-- passed over, as ON CONFLICT DO NOTHING would.
CREATE TRIGGER audit_log_made_again BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = new.id) BEGIN
  SELECT RAISE(IGNORE);
END;

-- Circumstances are of whoever acted: the actor or, where nobody is named, the one it happened to.
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

-- Filters by two things at once. Everyday events, which are most of a user's, are found by target
-- alone; these indexes leave them out, and so cost a sign-in nothing.
CREATE INDEX audit_log_target_event ON audit_log (target_id, event, id) WHERE target_id IS NOT NULL AND event NOT IN ('auth.signed_in', 'auth.sessions_ended', 'user.active');
CREATE INDEX audit_log_actor_event ON audit_log (actor_id, event, id) WHERE actor_id IS NOT target_id AND actor_id IS NOT NULL;
CREATE INDEX audit_log_actor_target ON audit_log (actor_id, target_id, id) WHERE actor_id IS NOT target_id AND actor_id IS NOT NULL;

CREATE INDEX parked_events_at ON parked_events (parked_at);
