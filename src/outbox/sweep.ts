import { asc } from 'drizzle-orm'
import type { Deps } from '../context'
import { type Handlers, isDue, performRow } from './perform'
import { outbox } from './schema'

/** Rows one run takes on at most, a few at once: bounded in work and in connections. */
const MAX_ROWS = 200
const AT_ONCE = 6

/** Performs what is due, oldest first. Every minute by cron; safe beside itself and the consumer. */
export async function sweepOutbox(
  deps: Deps,
  handlers: Handlers,
): Promise<Record<'due' | 'done' | 'retry' | 'dead' | 'not_due', number>> {
  const rows = await deps.db
    .select({ id: outbox.id })
    .from(outbox)
    .where(isDue(deps.now))
    .orderBy(asc(outbox.nextAttemptAt))
    .limit(MAX_ROWS)
  const counts = { due: rows.length, done: 0, retry: 0, dead: 0, not_due: 0 }
  const next = rows.values()
  const work = async () => {
    for (const { id } of next) {
      // A lease counts from its claim: one from the start of a long run would be over at once.
      counts[await performRow({ ...deps, now: Date.now() }, handlers, id)] += 1
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return counts
}
