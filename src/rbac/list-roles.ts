import { asc, eq, type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { DomainError } from '../errors'
import { ADMIN_ROLE, permissions, roles } from '../tables/rbac'
import { iso } from '../time'

export interface RoleView {
  readonly name: string
  readonly description: string
  readonly built_in: boolean
  readonly permissions: string[]
  readonly created_at: string
}

/** All roles with their permissions, sorted by name. There are few, so the list has no pages. */
export const listRoles = (deps: Deps): Promise<RoleView[]> => readRoles(deps, sql`1`)

/** One role. Throws `not_found`. */
export async function getRole(deps: Deps, name: string): Promise<RoleView> {
  const [role] = await readRoles(deps, eq(roles.name, name))
  if (!role) throw new DomainError('not_found', { detail: 'Role not found' })
  return role
}

async function readRoles(deps: Deps, where: SQL): Promise<RoleView[]> {
  const rows = await deps.db
    .select({
      name: roles.name,
      description: roles.description,
      builtIn: roles.builtIn,
      createdAt: roles.createdAt,
      permissions: sql<string>`CASE WHEN roles.name = ${ADMIN_ROLE}
        THEN (SELECT json_group_array(permissions.name) FROM permissions)
        ELSE (SELECT json_group_array(permissions.name) FROM role_permissions
          JOIN permissions ON permissions.id = role_permissions.permission_id
          WHERE role_permissions.role_id = roles.id) END`,
    })
    .from(roles)
    .where(where)
    .orderBy(asc(roles.name))
  return rows.map((row) => ({
    name: row.name,
    description: row.description,
    built_in: row.builtIn,
    permissions: (JSON.parse(row.permissions) as string[]).sort(),
    created_at: iso(row.createdAt),
  }))
}

export interface PermissionView {
  readonly name: string
  readonly description: string
  readonly built_in: boolean
}

/** All permissions, sorted by name. */
export async function listPermissions(deps: Deps): Promise<PermissionView[]> {
  const rows = await deps.db.select().from(permissions).orderBy(asc(permissions.name))
  return rows.map(({ name, description, builtIn }) => ({ name, description, built_in: builtIn }))
}
