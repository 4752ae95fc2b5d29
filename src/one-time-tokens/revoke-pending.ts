/**
 * Cancels what is pending under the credentials of any user: email changes and second-factor
 * setups. Used when every session of every user is revoked; for one user see `revokePending`.
 */
import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import type { Statement } from '../db/batch'
import { inBatches } from '../jobs/in-batches'

/**
 * Clocks of different hosts differ by less than this. A row from further in the future was written
 * before the clock was set back, so it is cancelled too.
 */
const CLOCK_LEEWAY_MS = 60_000
/** Rows of each kind per statement: the first ones in the batch that decides, the rest after it. */
const SIZE = 1_000
const MOST = 50_000

type Times = Pick<Deps, 'now' | 'config'>

/**
 * Cancels the first rows of both kinds that were started up to `until` (ms), for the batch that
 * decides on it.
 */
export const revokeFirstPending = (deps: Times, until: number): Statement[] => [
  revokeRequests(deps, until, SIZE),
  revokeSetUps(deps, until, SIZE),
]

/** Cancels all of them, up to MOST rows of each kind in one run. Safe to repeat. */
export async function revokeAllPending(deps: Deps, until: number): Promise<void> {
  for (const revoke of [revokeRequests, revokeSetUps]) {
    // Read the clock at each step: a run takes minutes, and what is started meanwhile must stay.
    const step = async (limit: number) =>
      (await deps.db.all(revoke({ ...deps, now: Math.max(deps.now, Date.now()) }, until, limit)))
        .length
    await inBatches(step, { size: SIZE, most: MOST })
  }
}

const revokeRequests = ({ now }: Times, until: number, limit: number) => sql`
  DELETE FROM one_time_tokens WHERE hash IN (
    SELECT hash FROM one_time_tokens INDEXED BY one_time_tokens_begun
    WHERE credential_version IS NOT NULL AND (created_at <= ${until} OR created_at > ${now + CLOCK_LEEWAY_MS})
    LIMIT ${limit})
  RETURNING 1`

function revokeSetUps({ now, config }: Times, until: number, limit: number) {
  const lasts = config.TWO_FACTOR_SETUP_TTL_SECONDS * 1000
  return sql`
    UPDATE users SET two_factor_pending_secret = NULL, two_factor_pending_until = NULL WHERE id IN (
      SELECT id FROM users INDEXED BY users_two_factor_pending
      WHERE two_factor_pending_secret IS NOT NULL
        AND (two_factor_pending_until <= ${until + lasts} OR two_factor_pending_until > ${now + CLOCK_LEEWAY_MS + lasts})
      LIMIT ${limit})
    RETURNING 1`
}
