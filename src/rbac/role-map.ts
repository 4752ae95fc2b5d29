/**
 * Role id -> name and permissions, cached in isolate memory for at most five seconds. That is how
 * long a change to a role takes to reach every isolate. The roles of a user are not cached here:
 * they come from the user's object with every check.
 */
import { eq, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { isolateMemory } from '../db/isolate-memory'
import { DomainError } from '../errors'
import { permissions, rolePermissions, roles } from '../tables/rbac'
import type { Role, RoleMap } from './permissions'

const memory = isolateMemory(load)

/** The roles and their permissions, at most five seconds old. */
export const roleMap = memory.read

/** Makes this isolate load the roles again; others follow within five seconds. */
export const forgetRoleMap = memory.forget

/** The id of a role. Throws `not_found` for an unknown one. */
export async function roleIdOf(deps: Deps, role: string): Promise<number> {
  const { roles } = await roleMap(deps)
  for (const [roleId, { name }] of roles) if (name === role) return roleId
  throw new DomainError('not_found', { detail: 'Role not found' })
}

async function load(deps: Deps): Promise<RoleMap> {
  const rows = await deps.db
    .select({
      id: roles.id,
      name: roles.name,
      permission: sql<string | null>`permissions.name`.as('permission'),
    })
    .from(roles)
    .leftJoin(rolePermissions, eq(rolePermissions.roleId, roles.id))
    .leftJoin(permissions, eq(permissions.id, rolePermissions.permissionId))
  const map = new Map<number, Role & { permissions: Set<string> }>()
  for (const row of rows) {
    const role = map.get(row.id) ?? { name: row.name, permissions: new Set<string>() }
    if (row.permission !== null) role.permissions.add(row.permission)
    map.set(row.id, role)
  }
  const all = await deps.db.select({ name: permissions.name }).from(permissions)
  return { roles: map, allPermissions: new Set(all.map((row) => row.name)) }
}
