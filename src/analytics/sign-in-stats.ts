import { sql } from 'drizzle-orm'
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import type { Deps } from '../context'
import { runBatch } from '../db/batch'
import { onReplica } from '../db/replica'
import { dateOf } from '../time'
import { lastDays } from './days'

export const DailySignIns = answerSchema(() =>
  z
    .object({
      date: z.iso.date(),
      logins: z.int(),
      failures: z
        .int()
        .meta({ description: 'Refused sign-ins, whether or not the account exists' }),
      users: z.int().meta({ description: 'The number of different users who signed in' }),
    })
    .meta({ id: 'DailyLogins' }),
)
export type DailySignIns = z.output<typeof DailySignIns>

/**
 * Returns the sign-ins of each of the last `days` days up to today (UTC), oldest first, including
 * days without any.
 */
export async function signInStats(deps: Deps, days: number): Promise<DailySignIns[]> {
  const wanted = lastDays(deps.now, days)
  const [found] = await runBatch(onReplica(deps), [
    sql`
      SELECT day, logins, failures, users FROM daily_logins
      WHERE day BETWEEN ${wanted.at(0)} AND ${wanted.at(-1)}`,
  ])
  const rows = (found?.results ?? []) as (Omit<DailySignIns, 'date'> & { day: number })[]
  const byDay = new Map(rows.map(({ day, ...counts }) => [day, counts]))
  const none = { logins: 0, failures: 0, users: 0 }
  return wanted.map((day) => ({ date: dateOf(day), ...none, ...byDay.get(day) }))
}
