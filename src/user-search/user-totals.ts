import { type SQL, sql } from 'drizzle-orm'
import { MAX_EXACT_TOTAL } from '../http/list-page'
import { matchFor, type UserFilter } from './search-terms'
import { rowOf } from './user-order'

/**
 * Returns a query that counts the users that match a filter, as `n`. Without a search text the
 * count comes from counters and is exact. With one, it stops at MAX_EXACT_TOTAL + 1.
 */
export function totalOf(filter: UserFilter): SQL {
  if (filter.search !== undefined) {
    return sql`
      SELECT count(*) AS n FROM (
        SELECT 1 FROM users_search WHERE users_search MATCH ${matchFor(filter)}
        ${filter.exceptId === undefined ? sql`` : sql`AND rowid IS NOT ${rowOf(filter.exceptId)}`}
        LIMIT ${MAX_EXACT_TOTAL + 1})`
  }
  // Every user is counted either with the default role (1) or without it (0).
  const roles = filter.roleId === undefined ? [0, 1] : [filter.roleId]
  const names = roles.flatMap((role) => filter.statuses.map((status) => `role:${role}:${status}`))
  const list = sql.join(
    names.map((name) => sql`${name}`),
    sql`, `,
  )
  return sql`SELECT coalesce(sum(value), 0) AS n FROM counters WHERE name IN (${list})`
}
