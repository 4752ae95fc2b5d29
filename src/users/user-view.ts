/** The User object of the API: its schema, the columns it is made from, and the conversion. */
import { eq, type SQL, sql } from 'drizzle-orm'
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import type { Deps } from '../context'
import { ADMIN_ROLE } from '../tables/rbac'
import { ACCOUNT_STATUSES, users } from '../tables/users'
import { iso, isoOrNull } from '../time'

const instant = () => z.iso.datetime()

export const User = answerSchema(() =>
  z
    .object({
      id: z.int(),
      email: z.string(),
      full_name: z.string(),
      bio: z.string().nullable(),
      avatar_url: z.string().nullable(),
      preferences: z.record(z.string(), z.unknown()),
      language: z.string(),
      is_active: z.boolean(),
      is_admin: z.boolean(),
      status: z.enum(ACCOUNT_STATUSES),
      email_verified_at: instant().nullable(),
      two_factor_enabled: z.boolean(),
      roles: z.array(z.string()),
      last_login_at: instant().nullable(),
      login_count: z.int(),
      password_changed_at: instant().nullable(),
      created_at: instant(),
      updated_at: instant(),
    })
    .meta({ id: 'User' }),
)
export type User = z.output<typeof User>

/** The columns that a User is made from. Select them in any query over `users`. */
export const userColumns = {
  id: users.id,
  email: users.email,
  fullName: users.fullName,
  bio: users.bio,
  avatarUrl: users.avatarUrl,
  preferences: users.preferences,
  language: users.language,
  status: users.status,
  emailVerifiedAt: users.emailVerifiedAt,
  secondFactorEnabledAt: users.secondFactorEnabledAt,
  lastSignInAt: users.lastSignInAt,
  signInCount: users.signInCount,
  passwordChangedAt: users.passwordChangedAt,
  createdAt: users.createdAt,
  updatedAt: users.updatedAt,
  // Written as SQL: in a query over one table Drizzle omits the table from a column's name, and
  // `id` would be the role's.
  roles:
    sql<string>`(SELECT json_group_array(roles.name) FROM user_roles JOIN roles ON roles.id = user_roles.role_id WHERE user_roles.user_id = users.id)`.as(
      'role_names',
    ),
}

type UserRow = Pick<typeof users.$inferSelect, Exclude<keyof typeof userColumns, 'roles'>> & {
  roles: string
}

export function toUser(row: UserRow): User {
  const names = (JSON.parse(row.roles) as string[]).sort()
  return {
    id: row.id,
    email: row.email,
    full_name: row.fullName,
    bio: row.bio,
    avatar_url: row.avatarUrl,
    preferences: JSON.parse(row.preferences) as Record<string, unknown>,
    language: row.language,
    is_active: row.status === 'active',
    is_admin: names.includes(ADMIN_ROLE),
    status: row.status,
    email_verified_at: isoOrNull(row.emailVerifiedAt),
    two_factor_enabled: row.secondFactorEnabledAt !== null,
    roles: names,
    last_login_at: isoOrNull(row.lastSignInAt),
    login_count: row.signInCount,
    password_changed_at: isoOrNull(row.passwordChangedAt),
    created_at: iso(row.createdAt),
    updated_at: iso(row.updatedAt),
  }
}

/** Each of these columns is unique. */
type UserKey =
  | { readonly id: number }
  | { readonly subject: string }
  | { readonly emailKey: string }

/** The user with this id, subject or address, or undefined. One query. */
export async function findUser(deps: Deps, key: UserKey): Promise<User | undefined> {
  const [row] = await deps.db.select(userColumns).from(users).where(hasKey(key))
  return row && toUser(row)
}

function hasKey(key: UserKey): SQL {
  if ('id' in key) return eq(users.id, key.id)
  if ('subject' in key) return eq(users.subject, key.subject)
  return eq(users.emailKey, key.emailKey)
}
