import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { inBatches } from '../jobs/in-batches'

/** Deletes expired tokens. They are rejected already; this only frees the space. */
export async function purgeExpiredTokens(deps: Deps): Promise<{ tokens: number }> {
  const tokens = await inBatches(
    async (limit) => {
      const gone = await deps.db.all(sql`
        DELETE FROM one_time_tokens WHERE hash IN (
          SELECT hash FROM one_time_tokens WHERE expires_at <= ${deps.now} ORDER BY expires_at LIMIT ${limit})
        RETURNING 1`)
      return gone.length
    },
    { size: 1_000, most: 100_000 },
  )
  return { tokens }
}
