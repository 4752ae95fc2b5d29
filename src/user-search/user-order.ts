/**
 * Finds the ids of a page of users, in order. Every range is read from an index with that same
 * order, so a page reads only the rows that it returns, however many users there are and however
 * few of them match. By registration time, the search index answers any filter. By address and
 * name, each status is a range of its own, and the ranges are merged while they are read.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { AccountStatus } from '../tables/users'
import { matchFor, type UserFilter } from './search-terms'

export const USER_SORTS = ['newest', 'oldest', 'email', 'name'] as const
export type UserSort = (typeof USER_SORTS)[number]

/** The last user shown: the id, and the sort key as text. */
export interface After {
  readonly id: number
  readonly key: string
}

interface Window {
  readonly after: After | undefined
  readonly offset: SQL
  readonly limit: number
}

/** Returns a query for the `id` and `key` of the users in a window, in order. */
export function idsOf(filter: UserFilter, sort: UserSort, window: Window): SQL {
  const { after, limit, offset } = window
  const inOrder =
    sort === 'email' || sort === 'name'
      ? byKey(filter, KEYS[sort], after, limit)
      : byTime(filter, sort === 'newest', after?.key)
  return sql`${inOrder} LIMIT ${limit} OFFSET ${offset}`
}

/** The ORDER BY that an enclosing query needs to keep the order. */
export const orderOf = (sort: UserSort): SQL =>
  sort === 'newest'
    ? sql`page.key DESC`
    : sort === 'oldest'
      ? sql`page.key`
      : sql`page.key, page.id`

/**
 * Below and above every rowid of the index. They have 64 bits, which JavaScript would round, so
 * they are text.
 */
const FIRST = '-1'
export const LAST = '9223372036854775807'
/**
 * The low bits of a rowid are the user's id, the rest is the time of registration
 * (migrations/0009).
 */
const ID_BITS = 2 ** 28 - 1

function byTime(filter: UserFilter, isNewest: boolean, after: string | undefined): SQL {
  // D1 binds numbers as REAL, which FTS5 does not accept as a bound of the rowid: it would scan
  // from the start.
  const last = sql`CAST(${after ?? (isNewest ? LAST : FIRST)} AS INTEGER)`
  const beyond = isNewest ? sql`rowid < ${last}` : sql`rowid > ${last}`
  const way = isNewest ? sql`DESC` : sql`ASC`
  const match = matchFor(filter)
  return sql`
    SELECT rowid & ${sql.raw(String(ID_BITS))} AS id, rowid AS key FROM users_search
    WHERE ${match === null ? sql`` : sql`users_search MATCH ${match} AND`} ${beyond}
      ${filter.exceptId === undefined ? sql`` : sql`AND rowid IS NOT ${rowOf(filter.exceptId)}`}
    ORDER BY rowid ${way}`
}

/** The user's rowid in the search index, or null when there is no such user. */
export const rowOf = (userId: number): SQL =>
  sql`(SELECT search_rowid FROM users WHERE id = ${userId})`

interface Key {
  readonly column: SQL
  readonly index: string
  /** Addresses are unique, so no other user can have the last one's key. */
  readonly isUnique: boolean
}

const KEYS: Readonly<Record<'email' | 'name', Key>> = {
  email: { column: sql`email_key`, index: 'email', isUnique: true },
  name: { column: sql`full_name COLLATE NOCASE`, index: 'name', isUnique: false },
}

function byKey(filter: UserFilter, key: Key, after: After | undefined, limit: number): SQL {
  const ranges = filter.statuses.map((status) => rangeOf(filter.roleId, key, status))
  const order = sql`ORDER BY 2, 1`
  if (after === undefined) return sql`${union(ranges.map(({ rows }) => rows))} ${order}`
  const beyond = ranges.map(({ rows }) => sql`${rows} AND ${key.column} > ${after.key}`)
  if (key.isUnique) return sql`${union(beyond)} ${order}`
  // Not a comparison of (key, id) as a row value: with an explicit collation, SQLite uses no index
  // for it.
  const alike = ranges.map(
    ({ rows, id }) => sql`${rows} AND ${key.column} = ${after.key} AND ${id} > ${after.id}`,
  )
  const rest = sql`SELECT id, key FROM (${union(alike)} ${order} LIMIT ${limit})`
  return sql`${union([...beyond, rest])} ${order}`
}

const union = (parts: readonly SQL[]): SQL => sql.join([...parts], sql` UNION ALL `)

interface Range {
  /** A query that ends in a condition, so that more can be added. */
  readonly rows: SQL
  /** The name of the user's id in that query. */
  readonly id: SQL
}

/** The id of the role that nearly every user has. It has no member list (migrations/0002). */
const DEFAULT_ROLE_ID = 1

/** Users of one status in the order of a key, limited to one role if there is a role filter. */
function rangeOf(roleId: number | undefined, key: Key, status: AccountStatus): Range {
  const by = (index: string) => sql.raw(`INDEXED BY ${index}_${key.index}`)
  if (roleId !== undefined && roleId !== DEFAULT_ROLE_ID) {
    const rows = sql`
      SELECT user_id AS id, ${key.column} AS key FROM role_members ${by('role_members')}
      WHERE role_id = ${roleId} AND status = ${status}`
    return { rows, id: sql`user_id` }
  }
  const rows = sql`
    SELECT id, ${key.column} AS key FROM users ${by('users_status')} WHERE status = ${status}`
  if (roleId === undefined) return { rows, id: sql`id` }
  // The name of the counter that includes the user shows whether they have the role.
  const isHeld = sql`(SELECT counter FROM users_search WHERE rowid = users.search_rowid) = ${`role:${roleId}:${status}`}`
  return { rows: sql`${rows} AND ${isHeld}`, id: sql`id` }
}
