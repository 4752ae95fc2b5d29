import { type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { inBatches } from '../jobs/in-batches'
import { OVERLAP_MS } from './rotate-secret'

const RETENTION_MS = 30 * 24 * 60 * 60_000

/**
 * Deletes deliveries older than 30 days, outbox rows that failed permanently as long ago, and
 * replaced secrets that have expired.
 */
export async function purgeWebhooks(
  deps: Deps,
): Promise<{ deliveries: number; dead: number; secrets: number }> {
  const before = deps.now - RETENTION_MS
  const inTurn = (statement: (limit: number) => SQL) =>
    inBatches(async (limit) => (await deps.db.all(statement(limit))).length, {
      size: 1_000,
      most: 200_000,
    })
  return {
    // Ids begin with their time in milliseconds.
    deliveries: await inTurn(
      (limit) => sql`
        DELETE FROM webhook_deliveries WHERE id IN (
          SELECT id FROM webhook_deliveries WHERE id < printf('%011x', ${before}) ORDER BY id LIMIT ${limit})
        RETURNING 1`,
    ),
    dead: await inTurn(
      (limit) => sql`
        DELETE FROM outbox WHERE id IN (
          SELECT id FROM outbox INDEXED BY outbox_dead
          WHERE dead_at IS NOT NULL AND dead_at < ${before} AND kind = 'webhook' LIMIT ${limit})
        RETURNING 1`,
    ),
    secrets: await inTurn(
      () => sql`
        UPDATE webhooks SET previous_secret = NULL, previous_secret_until = NULL
        WHERE previous_secret_until <= ${deps.now}
          -- Later than any can be, so the clock was set back.
          OR previous_secret_until > ${deps.now + 2 * OVERLAP_MS} RETURNING 1`,
    ),
  }
}
