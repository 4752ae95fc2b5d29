/** Looks up the user with an id or an address, if they also match the list's other filters. */
import { type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { runBatch, type Statement } from '../db/batch'
import type { ListPage } from '../http/list-page'
import { roleIdOf } from '../rbac/role-map'
import { ACCOUNT_STATUSES } from '../tables/users'
import { type ListedUser, toListedUser } from './admin-user'
import type { UserQuery } from './list-users'
import { type ListedRow, listedColumns } from './listed-user'
import type { UserFilter } from './search-terms'

/** What a user is looked up by. At least one is given. */
export interface Exact {
  readonly id?: number | undefined
  readonly emailKey?: string | undefined
}

/** A condition over `users` that reads one row. */
export function exactCondition({ id, emailKey }: Exact, filter: Omit<UserFilter, 'search'>): SQL {
  const { statuses, roleId } = filter
  const list = sql.join(
    statuses.map((status) => sql`${status}`),
    sql`, `,
  )
  const parts = [
    ...(id === undefined ? [] : [sql`users.id = ${id}`]),
    ...(emailKey === undefined ? [] : [sql`users.email_key = ${emailKey}`]),
    ...(statuses.length < ACCOUNT_STATUSES.length ? [sql`users.status IN (${list})`] : []),
    ...(roleId === undefined
      ? []
      : [
          sql`EXISTS (SELECT 1 FROM user_roles
            WHERE user_roles.user_id = users.id AND user_roles.role_id = ${roleId})`,
        ]),
  ]
  return sql.join(parts, sql` AND `)
}

export const exactUser = (condition: SQL): Statement =>
  sql`SELECT ${listedColumns} FROM users WHERE ${condition}`

/**
 * Returns a page of at most one user. Reads the primary, because such a look-up is often the first
 * step of a change. Throws `not_found` for an unknown role.
 */
export async function findExactly(
  deps: Deps,
  exact: Exact,
  query: Pick<UserQuery, 'statuses' | 'role' | 'page' | 'size'>,
): Promise<ListPage<ListedUser>> {
  const { statuses, role, page, size } = query
  const roleId = role === undefined ? undefined : await roleIdOf(deps, role)
  const [found] = await runBatch(deps, [exactUser(exactCondition(exact, { statuses, roleId }))])
  const rows = (found?.results ?? []) as ListedRow[]
  const total = rows.length
  return {
    items: page === 1 ? rows.map(toListedUser) : [],
    total,
    total_is_exact: true,
    page,
    size,
    pages: total,
    next_cursor: null,
  }
}
