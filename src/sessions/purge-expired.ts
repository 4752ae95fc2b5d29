import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { inBatches } from '../jobs/in-batches'

/** A statement stays far below D1's 30 seconds, a run below an invocation's 1,000 queries. */
const BATCH = { size: 1_000, most: 100_000 }

/**
 * Expired sessions leave D1's index. The objects drop their own by alarm, and refuse them anyway; this
 * is for the lists and counts.
 */
export async function purgeExpiredSessions(deps: Deps): Promise<{ sessions: number }> {
  const sessions = await inBatches(async (limit) => {
    const gone = await deps.db.all(sql`
      DELETE FROM user_sessions WHERE id IN (
        SELECT id FROM user_sessions WHERE expires_at <= ${deps.now} ORDER BY expires_at LIMIT ${limit})
      RETURNING 1`)
    return gone.length
  }, BATCH)
  return { sessions }
}
