-- What the scheduled jobs did last, and where the walking ones stand.

CREATE TABLE job_runs (
  job TEXT PRIMARY KEY CHECK (length(job) BETWEEN 3 AND 40),
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  -- Counts of the last run that finished, as a JSON object.
  counts TEXT NOT NULL DEFAULT '{}' CHECK (json_type(counts) = 'object'),
  error TEXT CHECK (length(error) <= 60),
  -- Where a job goes on that walks a table in parts.
  position TEXT CHECK (json_valid(position))
) STRICT, WITHOUT ROWID;

-- How many were active on a day, and in the 7 and 30 days that end with it.
CREATE TABLE daily_actives (
  day INTEGER PRIMARY KEY,
  daily INTEGER NOT NULL,
  weekly INTEGER NOT NULL,
  monthly INTEGER NOT NULL
) STRICT;

-- So that what is still encrypted under an older key is found by range, without a look at other users.
CREATE INDEX users_two_factor_secret ON users (two_factor_secret) WHERE two_factor_secret IS NOT NULL;
CREATE INDEX users_two_factor_pending ON users (two_factor_pending_secret) WHERE two_factor_pending_secret IS NOT NULL;
