import { type SQL, sql } from 'drizzle-orm'
import { MAX_EXACT_TOTAL } from '../http/page'
import { matchFor, type UserFilter } from './search-terms'
import { rowOf } from './user-order'

/**
 * A query for how many users a filter lets through, as `n`: from counters, and so always exact,
 * unless there is a text to search for: then counted as far as MAX_EXACT_TOTAL + 1.
 */
export function totalOf(filter: UserFilter): SQL {
  if (filter.search !== undefined) {
    return sql`
      SELECT count(*) AS n FROM (
        SELECT 1 FROM users_search WHERE users_search MATCH ${matchFor(filter)}
        ${filter.exceptId === undefined ? sql`` : sql`AND rowid IS NOT ${rowOf(filter.exceptId)}`}
        LIMIT ${MAX_EXACT_TOTAL + 1})`
  }
  // Every user is counted either with the default role or without it.
  const roles = filter.roleId === undefined ? [0, 1] : [filter.roleId]
  const names = roles.flatMap((role) => filter.statuses.map((status) => `role:${role}:${status}`))
  const list = sql.join(
    names.map((name) => sql`${name}`),
    sql`, `,
  )
  return sql`SELECT coalesce(sum(value), 0) AS n FROM counters WHERE name IN (${list})`
}
