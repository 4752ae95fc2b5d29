import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { inBatches } from '../jobs/in-batches'

/** A statement stays far below D1's limit of 30 seconds, a run below 1,000 queries an invocation. */
const BATCH = { size: 1_000, most: 100_000 }

/**
 * Deletes expired sessions from D1's index, which serves lists and counts. Nobody could use them: the
 * users' objects refuse expired sessions, and delete their own by alarm.
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
