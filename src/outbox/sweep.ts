import { type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { STATEMENTS_A_RUN } from '../db/meter'
import { type Handlers, isFree, LONGEST_WAIT_MS, performRow } from './perform'
import { type Lane, LANES } from '../tables/outbox'

/**
 * Rows one run takes on at most, a few at once: bounded in work and in connections (six, on Workers). Of
 * webhooks half are the newest, so that what one endpoint has let pile up stands in nobody's way.
 */
export const BOUNDS = {
  ours: { oldest: 200, newest: 0, atOnce: 6 },
  webhooks: { oldest: 25, newest: 25, atOnce: 4 },
} as const

/** Performs what is due in a lane. Every minute by cron; safe beside itself and the consumer. */
export async function sweepOutbox(
  deps: Deps,
  handlers: Handlers,
  lane: Lane = 'ours',
): Promise<Record<'due' | 'done' | 'retry' | 'dead' | 'not_due', number>> {
  const { oldest, newest, atOnce } = BOUNDS[lane]
  const some = (when: SQL, order: 'ASC' | 'DESC', limit: number): SQL => sql`
    SELECT id FROM (SELECT id FROM ${LANES[lane]} AND ${when} AND ${isFree(deps.now)}
      ORDER BY next_attempt_at ${sql.raw(order)} LIMIT ${limit})`
  const due = sql`next_attempt_at <= ${deps.now}`
  // From before the clock was set back: nothing waits so long.
  const lost = some(sql`next_attempt_at > ${deps.now + LONGEST_WAIT_MS}`, 'ASC', oldest)
  const rows = await deps.db.all<{ id: string }>(sql`
    SELECT id FROM (
      ${newest > 0 ? sql`${some(due, 'DESC', newest)} UNION ${some(due, 'ASC', oldest)}` : some(due, 'ASC', oldest)}
      UNION ALL ${lost})
    LIMIT ${oldest + newest}`)
  const counts = { due: rows.length, done: 0, retry: 0, dead: 0, not_due: 0 }
  const next = rows.values()
  const work = async () => {
    for (const { id } of next) {
      // What is left is due at the next turn.
      if (deps.meter.statements >= STATEMENTS_A_RUN.toBegin) break
      // A lease counts from its claim: one from the start of a long run would be over at once.
      counts[await performRow({ ...deps, now: Date.now() }, handlers, id)] += 1
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return counts
}
