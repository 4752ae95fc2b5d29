import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { inBatches } from '../jobs/in-batches'
import { deviceAuthorizations } from '../tables/apps'

const BATCH = { size: 1_000, most: 100_000 }

/** Deletes expired device authorizations. They are unusable already, as polls and decisions check the time. */
export const purgeDevices = (deps: Deps): Promise<number> =>
  inBatches(async (limit) => {
    const gone = await deps.db.all(sql`
      DELETE FROM ${deviceAuthorizations} WHERE id IN (
        SELECT id FROM ${deviceAuthorizations} WHERE expires_at <= ${deps.now}
        ORDER BY expires_at LIMIT ${limit})
      RETURNING 1`)
    return gone.length
  }, BATCH)
