-- Removes what must not become valid again after a restore or Time Travel. It is safe to run again.

-- Do not reuse ids that were assigned after the backup.
UPDATE sqlite_sequence SET seq = seq + 1000000 WHERE name IN ('users', 'roles', 'permissions');

-- Older access tokens stop working. A new key is created when it is first needed. The RS256 pair stays, as apps
-- may remember it until they restart, and no session of ours can be had with it.
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

-- Emails and deliveries that were pending then have been sent since.
DELETE FROM outbox WHERE kind IN ('mail', 'webhook');
UPDATE webhook_deliveries SET state = 'dead', last_error = 'restored' WHERE state = 'pending';
