import { type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { inBatches } from '../jobs/in-batches'
import { DAY_MS } from '../time'

/** A mail that nobody has retried by then is past its use, and the address that some hold with it. */
const DEAD_MAIL_DAYS = 30
const BOUNDS = { size: 1_000, most: 100_000 }

/**
 * Dead mails after a month, and facts that were parked for longer than the log itself would keep
 * them. Dead effects, which are not mails, stay until an admin retries them.
 */
export async function purgeDead(deps: Deps): Promise<{ mails: number; parked: number }> {
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
