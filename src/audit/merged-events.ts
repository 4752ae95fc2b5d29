/**
 * Finds all events except admins' views, newest first, however many views lie between them. An
 * index orders events by name and id, so the newest event of each name is one step away. A
 * recursive query takes the newest of all names and replaces it with the next event of the same
 * name. That reads about one row per name and two per event. An index without views would cost
 * every event one more row when it is written.
 */
import { type SQL, sql } from 'drizzle-orm'
import { EVENT_NAMES } from '../event-traits'
import type { EventName } from '../events'

/** Audited reads by admins: they change nothing, and outnumber all other events together. */
export const VIEWS: ReadonlySet<EventName> = new Set([
  'admin.user_viewed',
  'admin.sessions_viewed',
  'admin.user_activity_viewed',
])

export const ACT_NAMES = EVENT_NAMES.filter((name) => !VIEWS.has(name))
/** Not written as NOT IN, which D1 counts as one more row read for each event. */
export const IS_NO_VIEW = sql.raw([...VIEWS].map((name) => `event <> '${name}'`).join(' AND '))

/**
 * Returns a query for the ids of up to `limit` events of a range whose index orders them by name.
 */
export function mergedByName(
  { table, where }: { table: SQL; where: SQL },
  { start, end }: { start: string; end: string },
  limit: number,
): SQL {
  const newest = (name: SQL, below: SQL) => sql`
    (SELECT max(id) FROM ${table} WHERE ${where} AND event = ${name} AND id < ${below} AND id >= ${start})`
  return sql`
    WITH RECURSIVE merged (name, at_id) AS (
      SELECT name, at_id FROM (
        SELECT value AS name, ${newest(sql`value`, sql`${end}`)} AS at_id
        FROM json_each(${JSON.stringify(ACT_NAMES)}))
      WHERE at_id IS NOT NULL
      UNION ALL
      SELECT name, ${newest(sql`merged.name`, sql`merged.at_id`)} FROM merged
      WHERE at_id IS NOT NULL
      ORDER BY 2 DESC LIMIT ${limit})
    SELECT at_id FROM merged WHERE at_id IS NOT NULL`
}

/** D1 allows at most five terms in a compound query (SQLITE_LIMIT_COMPOUND_SELECT). */
const MOST_PARTS = 5

/** Combines several queries into up to `limit` rows, by descending id or in any order. */
export function unionOf(
  parts: readonly SQL[],
  limit: number,
  order: 'by id' | 'any order' = 'by id',
): SQL {
  const end = order === 'by id' ? sql`ORDER BY id DESC LIMIT ${limit}` : sql`LIMIT ${limit}`
  if (parts.length <= MOST_PARTS) return sql`${sql.join([...parts], sql` UNION ALL `)} ${end}`
  const first = unionOf(parts.slice(0, MOST_PARTS), limit, order)
  return unionOf([sql`SELECT * FROM (${first})`, ...parts.slice(MOST_PARTS)], limit, order)
}
