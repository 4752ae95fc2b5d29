-- A link that was asked for under the account's credentials ends with them: the row remembers which
-- version of them that was. Null for links that outlive credentials on purpose.
ALTER TABLE one_time_tokens ADD COLUMN credential_version INTEGER CHECK (credential_version >= 1);

UPDATE one_time_tokens
  SET credential_version = (SELECT credential_version FROM users WHERE users.id = one_time_tokens.user_id)
  WHERE purpose = 'confirm_email_change';

-- A deactivated account keeps no link: one that undoes a change of address was left to it until now.
DELETE FROM one_time_tokens
  WHERE EXISTS (SELECT 1 FROM users WHERE users.id = one_time_tokens.user_id AND users.status = 'deactivated');
