/**
 * Lists users by page number or by cursor, in one round trip of a few queries. The cost does not
 * depend on the number of users.
 */
import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { runBatch } from '../db/batch'
import { onReplica } from '../db/replica'
import { MAX_EXACT_TOTAL, type ListPage } from '../http/list-page'
import { roleIdOf } from '../rbac/role-map'
import type { AccountStatus } from '../tables/users'
import { type ListedUser, toListedUser } from './admin-user'
import { exactCondition, exactUser } from './exact-user'
import { type ListedRow, listedColumns } from './listed-user'
import type { UserFilter } from './search-terms'
import { packCursor, type UserCursor } from './user-cursor'
import { idsOf, LAST, orderOf, type UserSort } from './user-order'
import { totalOf } from './user-totals'

export interface UserQuery {
  readonly search?: string | undefined
  /** All statuses when there is no status filter. */
  readonly statuses: readonly AccountStatus[]
  readonly role?: string | undefined
  /** `newest` when there is a search text. */
  readonly sort: UserSort
  readonly page: number
  readonly size: number
  /** Has the same sort. Its page number is used instead of `page`. */
  readonly cursor?: UserCursor | undefined
}

type KeyedRow = ListedRow & { readonly key: string }

/** Returns one page of users. Throws `not_found` for an unknown role. */
export async function listUsers(deps: Deps, query: UserQuery): Promise<ListPage<ListedUser>> {
  const { sort, size, cursor } = query
  const filter = await filterOf(deps, query)
  const { search, exceptId: byId } = filter
  // The user whose id is searched for comes first, so the first page holds one match fewer.
  const exact = byId === undefined ? undefined : exactCondition({ id: byId }, filter)
  const one = exact === undefined ? sql`0` : sql`(SELECT count(*) FROM users WHERE ${exact})`
  const skipped = cursor ? 0 : (query.page - 1) * size
  const window = {
    after: cursor?.after,
    offset: skipped === 0 ? sql`0` : sql`${skipped} - ${one}`,
    limit: size + 1,
  }
  // The total of a search is counted for its first page only. The cursor carries it on.
  const counted = search === undefined ? null : (cursor?.counted ?? null)
  const [found, first, count] = await runBatch(onReplica(deps), [
    sql`
      SELECT ${listedColumns}, CAST(page.key AS TEXT) AS key
      FROM (${idsOf(filter, sort, window)}) AS page
      CROSS JOIN users ON users.id = page.id ORDER BY ${orderOf(sort)}`,
    exact && skipped === 0 && !cursor ? exactUser(exact) : sql`SELECT 1 WHERE 0`,
    ...(counted === null ? [sql`SELECT (${totalOf(filter)}) + ${one} AS n`] : []),
  ])
  const pinned = ((first?.results ?? []) as ListedRow[]).map((row) => ({ ...row, key: LAST }))
  const rows = [...pinned, ...((found?.results ?? []) as KeyedRow[])]
  const [total] = (count?.results ?? []) as { n: number }[]
  return toListPage(rows, query, search !== undefined, counted ?? total?.n ?? 0)
}

async function filterOf(deps: Deps, query: UserQuery): Promise<UserFilter> {
  const { search, statuses, role } = query
  const exceptId = search === undefined ? undefined : idIn(search)
  if (role === undefined) return { search, statuses, roleId: undefined, exceptId }
  return { search, statuses, roleId: await roleIdOf(deps, role), exceptId }
}

/** A search for a whole number (or `#123`) also means the user with this id. */
function idIn(search: string): number | undefined {
  const [, digits] = /^#?([1-9]\d{0,8})$/.exec(search) ?? []
  return digits === undefined ? undefined : Number(digits)
}

function toListPage(
  rows: readonly KeyedRow[],
  { sort, size, ...query }: UserQuery,
  isSearch: boolean,
  counted: number,
): ListPage<ListedUser> {
  const isExact = !isSearch || counted <= MAX_EXACT_TOTAL
  const total = isExact ? counted : MAX_EXACT_TOTAL
  const page = query.cursor?.page ?? query.page
  const shown = rows.slice(0, size)
  const last = rows.length > size ? shown.at(-1) : undefined
  const after = last && { id: last.id, key: last.key }
  return {
    items: inOrder(shown, sort).map(toListedUser),
    total,
    total_is_exact: isExact,
    page,
    size,
    pages: Math.ceil(total / size),
    next_cursor: after
      ? packCursor({ sort, page: page + 1, after, counted: isSearch ? counted : null })
      : null,
  }
}

/**
 * The index sorts by time of registration in steps of 128 ms. Within a step we sort the page's rows
 * here.
 */
function inOrder(rows: readonly KeyedRow[], sort: UserSort): readonly KeyedRow[] {
  if (sort !== 'newest' && sort !== 'oldest') return rows
  const way = sort === 'newest' ? -1 : 1
  const [first] = rows
  const pinned = first?.key === LAST ? [first] : []
  const others = rows.slice(pinned.length)
  return [...pinned, ...others.toSorted((a, b) => way * (a.createdAt - b.createdAt || a.id - b.id))]
}
