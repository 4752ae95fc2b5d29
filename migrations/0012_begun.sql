-- Mailed links that end with the credentials they were asked for under, by when they were asked for: to
-- end those of all users at once, after a leak.
CREATE INDEX one_time_tokens_begun ON one_time_tokens (created_at) WHERE credential_version IS NOT NULL;
