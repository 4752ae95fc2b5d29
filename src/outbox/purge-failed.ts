import { type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { inBatches } from '../jobs/in-batches'
import { DAY_MS } from '../time'

/**
 * By then an email that nobody retried is of no use, and the addresses that some of them hold
 * should not be kept.
 */
const DEAD_MAIL_DAYS = 30
const BOUNDS = { size: 1_000, most: 100_000 }

/**
 * Deletes emails that failed permanently a month ago, and dead-lettered events that are older than
 * the log would keep them. Other rows that failed permanently stay until an admin retries them.
 */
export async function purgeFailed(deps: Deps): Promise<{ mails: number; parked: number }> {
  const before = (days: number) => deps.now - days * DAY_MS
  const mails = await gone(
    deps,
    (limit) => sql`
    DELETE FROM outbox WHERE id IN (
      SELECT id FROM outbox INDEXED BY outbox_dead
      WHERE dead_at IS NOT NULL AND dead_at <= ${before(DEAD_MAIL_DAYS)} AND kind = 'mail'
      ORDER BY dead_at LIMIT ${limit})
    RETURNING 1`,
  )
  const parked = await gone(
    deps,
    (limit) => sql`
    DELETE FROM parked_events WHERE id IN (
      SELECT id FROM parked_events INDEXED BY parked_events_at
      WHERE parked_at <= ${before(deps.config.AUDIT_SIGN_IN_DAYS)}
      ORDER BY parked_at LIMIT ${limit})
    RETURNING 1`,
  )
  return { mails, parked }
}

const gone = (deps: Deps, statement: (limit: number) => SQL): Promise<number> =>
  inBatches(async (limit) => (await deps.db.all(statement(limit))).length, BOUNDS)
