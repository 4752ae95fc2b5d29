import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { runBatch } from '../db/batch'
import { onReplica } from '../db/replica'
import { dateOf } from '../time'
import { lastDays } from './days'

/** The users active on a day, and in the 7 and 30 days that end with it. */
export interface DailyActives {
  /** `2026-11-23`. */
  readonly date: string
  /** null if the day was not counted, because the service did not run yet. */
  readonly daily: number | null
  readonly weekly: number | null
  readonly monthly: number | null
}

/**
 * Returns the active users of each of the last `days` days up to today (UTC), oldest first. Past
 * days are those that the daily job stored, today is computed live. Reads a row per day and the
 * rows of the last 30 days.
 */
export async function activeStats(deps: Deps, days: number): Promise<DailyActives[]> {
  const wanted = lastDays(deps.now, days)
  const today = wanted.at(-1) ?? 0
  const since = (length: number) =>
    sql`(SELECT coalesce(sum(users), 0) FROM active_days WHERE day > ${today - length})`
  const [found] = await runBatch(onReplica(deps), [
    sql`
      SELECT day, daily, weekly, monthly FROM daily_actives
        WHERE day BETWEEN ${wanted.at(0)} AND ${today - 1}
      UNION ALL SELECT ${today}, ${since(1)}, ${since(7)}, ${since(30)}`,
  ])
  const rows = (found?.results ?? []) as (Omit<DailyActives, 'date'> & { day: number })[]
  const byDay = new Map(rows.map(({ day, ...counts }) => [day, counts]))
  const unknown = { daily: null, weekly: null, monthly: null }
  return wanted.map((day) => ({ date: dateOf(day), ...unknown, ...byDay.get(day) }))
}
