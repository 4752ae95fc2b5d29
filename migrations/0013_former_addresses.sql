-- Addresses that users have given up, in compared form. Failed sign-ins at such an address name no user, so
-- the erasure of its user finds them by the address alone. Kept as long as the log keeps sign-ins.
CREATE TABLE former_addresses (
  -- Begins with its millisecond, as ids of events do.
  id TEXT PRIMARY KEY CHECK (length(id) = 36),
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- Encrypted under DATA_KEYS, bound to the row.
  address TEXT NOT NULL CHECK (address LIKE '%.%.%'),
  given_up_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX former_addresses_user ON former_addresses (user_id);
