-- Failed sign-ins are found by the HMAC of the address that was typed: for the admin's view of a user,
-- for the audit filter by address, and to blank them when the account of that address is erased.
CREATE INDEX audit_log_failed_address ON audit_log (data ->> 'address', id) WHERE event = 'auth.sign_in_failed';

-- As in 0003, and besides: a failed sign-in names nobody, so whether its account was erased cannot be
-- decided here. Its IP, country and browser may always be blanked; nothing else of it may change.
DROP TRIGGER audit_log_changed;
CREATE TRIGGER audit_log_changed BEFORE UPDATE ON audit_log
WHEN NOT (
  new.ip IS NULL AND new.country IS NULL AND new.user_agent IS NULL
  AND new.id = old.id AND new.at = old.at AND new.event = old.event AND new.data = old.data
  AND new.actor_id IS old.actor_id AND new.target_id IS old.target_id
  AND (
    old.event = 'auth.sign_in_failed'
    OR coalesce(old.actor_id, old.target_id) IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM users WHERE id = coalesce(old.actor_id, old.target_id))
  )
) BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;
