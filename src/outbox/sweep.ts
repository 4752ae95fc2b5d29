import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { type Handlers, performRow } from './perform'
import { type Lane, LANES } from './schema'

/** Rows one run takes on at most, a few at once: bounded in work and in connections (six, on Workers). */
export const BOUNDS = { ours: { rows: 200, atOnce: 6 }, webhooks: { rows: 50, atOnce: 4 } } as const

/** Performs what is due in a lane, oldest first. Every minute by cron; safe beside itself and the consumer. */
export async function sweepOutbox(
  deps: Deps,
  handlers: Handlers,
  lane: Lane = 'ours',
): Promise<Record<'due' | 'done' | 'postponed' | 'retry' | 'dead' | 'not_due', number>> {
  const { rows: most, atOnce } = BOUNDS[lane]
  const rows = await deps.db.all<{ id: string }>(sql`
    SELECT id FROM ${LANES[lane]} AND next_attempt_at <= ${deps.now}
      AND (leased_until IS NULL OR leased_until <= ${deps.now})
    ORDER BY next_attempt_at LIMIT ${most}`)
  const counts = { due: rows.length, done: 0, postponed: 0, retry: 0, dead: 0, not_due: 0 }
  const next = rows.values()
  const work = async () => {
    for (const { id } of next) {
      // A lease counts from its claim: one from the start of a long run would be over at once.
      counts[await performRow({ ...deps, now: Date.now() }, handlers, id)] += 1
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return counts
}
