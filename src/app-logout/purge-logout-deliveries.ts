import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { inBatches } from '../jobs/in-batches'
import { DAY_MS } from '../time'

/** As long as deliveries of webhooks are kept. */
const RETENTION_DAYS = 30

/** Deletes deliveries older than 30 days. Their outbox rows go with those of webhooks (webhooks/purge.ts). */
export const purgeLogoutDeliveries = (deps: Deps): Promise<number> =>
  inBatches(
    async (limit) => {
      // Ids begin with their time in milliseconds.
      const gone = await deps.db.all(sql`
        DELETE FROM logout_deliveries WHERE id IN (
          SELECT id FROM logout_deliveries
          WHERE id < printf('%011x', ${deps.now - RETENTION_DAYS * DAY_MS}) ORDER BY id LIMIT ${limit})
        RETURNING 1`)
      return gone.length
    },
    { size: 1_000, most: 100_000 },
  )
