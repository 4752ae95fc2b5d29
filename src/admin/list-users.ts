/**
 * Users in pages, by page number or by cursor: one round trip of two queries, whose cost does not
 * depend on how many users there are.
 */
import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { runBatch } from '../db/batch'
import { onReplica } from '../db/replica'
import { DomainError } from '../errors'
import { MAX_EXACT_TOTAL, type Page } from '../http/page'
import { roleMap } from '../rbac/role-map'
import type { AccountStatus } from '../users/schema'
import { toUser, type User } from '../users/user-view'
import { type ListedRow, listedColumns } from './listed-user'
import type { UserFilter } from './search-terms'
import { packCursor, type UserCursor } from './user-cursor'
import { idsOf, orderOf, type UserSort } from './user-order'
import { totalOf } from './user-totals'

export interface UserQuery {
  readonly search?: string | undefined
  /** All of them when there is nothing to filter by. */
  readonly statuses: readonly AccountStatus[]
  readonly role?: string | undefined
  /** `newest` when there is a text to search for. */
  readonly sort: UserSort
  readonly page: number
  readonly size: number
  /** Of the same sort; then the page's number is the cursor's. */
  readonly cursor?: UserCursor | undefined
}

/** One page of users. Throws `not_found` for an unknown role. */
export async function listUsers(deps: Deps, query: UserQuery): Promise<Page<User>> {
  const { sort, size, cursor } = query
  const filter = await filterOf(deps, query)
  const window = {
    after: cursor?.after,
    offset: cursor ? 0 : (query.page - 1) * size,
    limit: size + 1,
  }
  // A search is counted for its first page.
  const counted = filter.search === undefined ? null : (cursor?.counted ?? null)
  const [found, count] = await runBatch(onReplica(deps), [
    sql`
      SELECT ${listedColumns}, page.key AS key FROM (${idsOf(filter, sort, window)}) AS page
      CROSS JOIN users ON users.id = page.id ORDER BY ${orderOf(sort)}`,
    ...(counted === null ? [totalOf(filter)] : []),
  ])
  const rows = (found?.results ?? []) as (ListedRow & { key: string })[]
  const [total] = (count?.results ?? []) as { n: number }[]
  return toPage(rows, query, filter.search !== undefined, counted ?? total?.n ?? 0)
}

async function filterOf(deps: Deps, query: UserQuery): Promise<UserFilter> {
  const { search, statuses, role } = query
  if (role === undefined) return { search, statuses, roleId: undefined }
  const { roles } = await roleMap(deps)
  for (const [roleId, { name }] of roles) if (name === role) return { search, statuses, roleId }
  throw new DomainError('not_found', { detail: 'Role not found' })
}

function toPage(
  rows: readonly (ListedRow & { key: string })[],
  { sort, size, ...query }: UserQuery,
  isSearch: boolean,
  counted: number,
): Page<User> {
  const isExact = !isSearch || counted <= MAX_EXACT_TOTAL
  const total = isExact ? counted : MAX_EXACT_TOTAL
  const page = query.cursor?.page ?? query.page
  const last = rows.length > size ? rows[size - 1] : undefined
  const after = last && { id: last.id, key: last.key }
  return {
    items: rows.slice(0, size).map(toUser),
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
