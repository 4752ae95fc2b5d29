import { type SQL, sql } from 'drizzle-orm'
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import type { Deps } from '../context'
import { runBatch } from '../db/batch'
import { onReplica } from '../db/replica'
import { dateOf } from '../time'
import { lastDays } from './days'

export const DailyRegistrations = answerSchema(() =>
  z.object({ date: z.iso.date(), registrations: z.int() }).meta({ id: 'DailyRegistrations' }),
)
export type DailyRegistrations = z.output<typeof DailyRegistrations>

/**
 * Returns a query for rows of `day` and `registrations` between two days. A day may have two rows,
 * because the registrations of the latest day are still in a counter (migrations/0002).
 */
export const registrationsBetween = (first: number, last: number): SQL =>
  sql`
    SELECT day, registrations FROM daily_registrations WHERE day BETWEEN ${first} AND ${last}
    UNION ALL
    SELECT day, on_day FROM counters
      WHERE name = 'role:1:pending' AND day BETWEEN ${first} AND ${last}`

/**
 * Returns the accounts created on each of the last `days` days up to today (UTC), oldest first.
 * Includes accounts of every origin, erased ones too, and days without any.
 */
export async function registrationStats(deps: Deps, days: number): Promise<DailyRegistrations[]> {
  const wanted = lastDays(deps.now, days)
  const [found] = await runBatch(onReplica(deps), [
    registrationsBetween(wanted.at(0) ?? 0, wanted.at(-1) ?? 0),
  ])
  const byDay = new Map<number, number>()
  for (const row of (found?.results ?? []) as { day: number; registrations: number }[]) {
    byDay.set(row.day, (byDay.get(row.day) ?? 0) + row.registrations)
  }
  return wanted.map((day) => ({ date: dateOf(day), registrations: byDay.get(day) ?? 0 }))
}
