-- What must not come back with a database that was set back or restored. May be run again.

-- Ids that were handed out since are not handed out twice.
UPDATE sqlite_sequence SET seq = seq + 1000000 WHERE name IN ('users', 'roles', 'permissions');

-- No older access token works; a new key is made on first need.
DELETE FROM signing_keys;

-- The index of sessions. All of them end with the keys.
DELETE FROM user_sessions;

-- Links and recovery codes that were used or replaced since.
DELETE FROM one_time_tokens;
DELETE FROM recovery_codes;

-- Keys that were revoked since, or whose maker was erased: no object is asked about them.
UPDATE api_keys SET revoked_at = unixepoch() * 1000 WHERE revoked_at IS NULL;

-- Endpoints that were disabled or deleted since, or got another secret.
UPDATE webhooks SET disabled_at = unixepoch() * 1000, disabled_reason = 'by_admin' WHERE disabled_at IS NULL;

-- Emails and deliveries that were pending then have been sent since.
DELETE FROM outbox WHERE kind IN ('mail', 'webhook');
UPDATE webhook_deliveries SET state = 'dead', last_error = 'restored' WHERE state = 'pending';
