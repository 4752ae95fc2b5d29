import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { dayOf } from '../time'

/**
 * Stores yesterday's active users. A user is counted only on the day of their last activity, so
 * later activity would remove them from yesterday's count. Runs once a day, soon after midnight
 * (UTC). A second run on the same day changes nothing.
 */
export async function snapshotActives(deps: Deps): Promise<{ daily: number }> {
  const day = dayOf(deps.now) - 1
  const sum = (days: number) =>
    sql`(SELECT coalesce(sum(users), 0) FROM active_days WHERE day > ${day - days})`
  await deps.db.run(sql`
    INSERT INTO daily_actives (day, daily, weekly, monthly)
    VALUES (${day}, ${sum(1)}, ${sum(7)}, ${sum(30)})
    ON CONFLICT (day) DO NOTHING`)
  const [row] = await deps.db.all<{ daily: number }>(
    sql`SELECT daily FROM daily_actives WHERE day = ${day}`,
  )
  return { daily: row?.daily ?? 0 }
}
