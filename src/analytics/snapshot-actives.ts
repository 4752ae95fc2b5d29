import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { dayOf } from '../time'

/**
 * Keeps yesterday's actives before later activity moves people out of its buckets: a user counts in
 * the day of his last activity alone. Run once a day, soon after midnight (UTC); a second run of the
 * same day changes nothing.
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
