import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { inBatches } from '../jobs/in-batches'
import { OVERLAP_MS } from './client-secret'

const AT_ONCE = 1_000
const MOST = 100_000

/**
 * Deletes the `app_grants` rows of deleted apps, and replaced secrets that have expired. The client ids in
 * `app_grants` are found by one index lookup each, so it costs little while no app was deleted.
 */
export async function purgeApps(
  deps: Deps,
): Promise<{ app_grants: number; client_secrets: number }> {
  const { now } = deps
  const grants = await inBatches(
    async (limit) =>
      (
        await deps.db.all(sql`
          DELETE FROM app_grants WHERE (user_id, client_id) IN (
            WITH RECURSIVE ids (id) AS (
              SELECT min(client_id) FROM app_grants
              UNION ALL
              SELECT (SELECT min(client_id) FROM app_grants WHERE client_id > id) FROM ids WHERE id IS NOT NULL)
            SELECT user_id, client_id FROM app_grants WHERE client_id IN (
              SELECT id FROM ids WHERE id IS NOT NULL AND id NOT IN (SELECT client_id FROM apps))
            LIMIT ${limit})
          RETURNING 1`)
      ).length,
    { size: AT_ONCE, most: MOST },
  )
  let secrets = 0
  for (const table of [sql`apps`, sql`resources`]) {
    const rows = await deps.db.all(sql`
      UPDATE ${table} SET previous_secret_hash = NULL, previous_secret_until = NULL
      WHERE previous_secret_until <= ${now}
        -- Later than any can be, so the clock was set back.
        OR previous_secret_until > ${now + 2 * OVERLAP_MS} RETURNING 1`)
    secrets += rows.length
  }
  return { app_grants: grants, client_secrets: secrets }
}
