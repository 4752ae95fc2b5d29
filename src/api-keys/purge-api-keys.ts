import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { inBatches } from '../jobs/in-batches'

/** As long as the audit log keeps changes by default: the key ids in it can be looked up. */
const KEPT_MS = 400 * 86_400_000

/** Deletes keys that expired long ago. Revoked keys are deleted when they would have been anyway. */
export async function purgeApiKeys(deps: Deps): Promise<{ keys: number }> {
  const keys = await inBatches(
    async (limit) => {
      const gone = await deps.db.all(sql`
        DELETE FROM api_keys WHERE id IN (
          SELECT id FROM api_keys WHERE expires_at <= ${deps.now - KEPT_MS} ORDER BY expires_at LIMIT ${limit})
        RETURNING 1`)
      return gone.length
    },
    { size: 500, most: 10_000 },
  )
  return { keys }
}
