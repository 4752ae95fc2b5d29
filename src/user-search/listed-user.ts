/** The columns of a user in lists and exports, with the roles read from the search index. */
import { type Column, type SQL, sql } from 'drizzle-orm'
import { users } from '../tables/users'
import { type toUser, userColumns } from '../users/user-view'

export type ListedRow = Parameters<typeof toUser>[0] & {
  readonly passwordExpiresAt: number | null
}

const { roles: _, ...shown } = userColumns
const own = { ...shown, passwordExpiresAt: users.passwordExpiresAt }
const named = Object.entries(own).map(
  ([name, column]: [string, Column]) => sql`${column} AS ${sql.identifier(name)}`,
)

/**
 * The columns of a ListedRow, for a query over `users`. The search index stores the names of a
 * user's roles (migrations/0002). Reading them there costs no extra row, while joining the user's
 * grants and roles would cost two each.
 */
export const listedColumns: SQL = sql`${sql.join(named, sql`, `)},
  (SELECT roles FROM users_search WHERE rowid = users.search_rowid) AS roles`
