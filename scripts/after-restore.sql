-- Removes what must not become valid again after a restore or Time Travel. It is safe to run again.

-- Do not reuse ids that were assigned after the backup.
UPDATE sqlite_sequence SET seq = seq + 1000000 WHERE name IN ('users', 'roles', 'permissions');

-- Older access tokens stop working. A new key is created when it is first needed. The keys of ID
-- tokens stay: apps remember them.
DELETE FROM signing_keys WHERE alg = 'ES256';

-- The index of sessions, which are all revoked with the keys.
DELETE FROM user_sessions;

-- Links and recovery codes that may have been used or replaced since.
DELETE FROM one_time_tokens;
DELETE FROM recovery_codes;

-- Keys that may have been revoked since, or whose owner may have been erased. No Durable Object is
-- asked about keys.
UPDATE api_keys SET revoked_at = unixepoch() * 1000 WHERE revoked_at IS NULL;

-- Endpoints that may have been disabled or deleted since, or given another secret.
UPDATE webhooks SET disabled_at = unixepoch() * 1000, disabled_reason = 'by_admin' WHERE disabled_at IS NULL;

-- Apps that act by a secret alone, which may have been replaced since. A secret that had been replaced then
-- is not accepted again.
UPDATE apps SET disabled_at = unixepoch() * 1000 WHERE kind = 'machine' AND disabled_at IS NULL;
UPDATE apps SET previous_secret_hash = NULL, previous_secret_until = NULL;
UPDATE resources SET previous_secret_hash = NULL, previous_secret_until = NULL;

-- Emails and deliveries that were pending then have been sent since.
DELETE FROM outbox WHERE kind IN ('mail', 'webhook');
UPDATE webhook_deliveries SET state = 'dead', last_error = 'restored' WHERE state = 'pending';
UPDATE logout_deliveries SET state = 'dead', last_error = 'restored' WHERE state = 'pending';

-- Devices that waited for approval have been answered since.
DELETE FROM device_authorizations;
