import { type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { STATEMENTS_A_RUN } from '../db/meter'
import { type Partition, PARTITIONS } from '../tables/outbox'
import { type Handlers, isFree, LONGEST_WAIT_MS, performRow } from './perform'

/**
 * The most rows that one run takes, and how many at once: this bounds the work and the connections
 * (six on Workers). For webhooks half of the rows are the newest due, so that a backlog of one
 * endpoint does not delay the others.
 */
export const BOUNDS = {
  ours: { oldest: 200, newest: 0, atOnce: 6 },
  webhooks: { oldest: 25, newest: 25, atOnce: 4 },
} as const

/**
 * Performs the due rows of a partition. The cron job runs it every minute (webhooks: every two). It
 * is safe to run concurrently with itself and with the consumer.
 */
export async function sweepOutbox(
  deps: Deps,
  handlers: Handlers,
  partition: Partition = 'ours',
): Promise<Record<'due' | 'done' | 'retry' | 'dead' | 'not_due', number>> {
  const { oldest, newest, atOnce } = BOUNDS[partition]
  const some = (when: SQL, order: 'ASC' | 'DESC', limit: number): SQL => sql`
    SELECT id FROM (SELECT id FROM ${PARTITIONS[partition]} AND ${when} AND ${isFree(deps.now)}
      ORDER BY next_attempt_at ${sql.raw(order)} LIMIT ${limit})`
  const due = sql`next_attempt_at <= ${deps.now}`
  // Written before the clock was set back: no row waits this long.
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
      // The rest is due in the next run.
      if (deps.meter.statements >= STATEMENTS_A_RUN.toBegin) break
      // Use the time of the claim for the lease: the start of a long run may be older than a lease
      // lasts.
      counts[await performRow({ ...deps, now: Date.now() }, handlers, id)] += 1
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return counts
}
