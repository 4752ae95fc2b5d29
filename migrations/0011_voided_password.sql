-- The hash of a password that is void: it signs nobody in, and the next password must be another one.
ALTER TABLE users ADD COLUMN voided_password TEXT CHECK (length(voided_password) BETWEEN 20 AND 1000);
