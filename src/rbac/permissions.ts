/** Pure functions: what is allowed, from the role ids of a session and the role map. */
import { ADMIN_ROLE } from '../tables/rbac'

export { ADMIN_ROLE, DEFAULT_ROLE } from '../tables/rbac'

export interface Role {
  readonly name: string
  readonly permissions: ReadonlySet<string>
}

export interface RoleMap {
  readonly roles: ReadonlyMap<number, Role>
  readonly allPermissions: ReadonlySet<string>
}

/** The names of these roles, sorted, without roles that were deleted. */
export const roleNames = (map: RoleMap, roleIds: readonly number[]): string[] =>
  roleIds.flatMap((id) => map.roles.get(id)?.name ?? []).sort()

/** All permissions of these roles, sorted. */
export function permissionsOf(map: RoleMap, roleIds: readonly number[]): string[] {
  const held = roleIds.flatMap((id) => map.roles.get(id) ?? [])
  if (held.some((role) => role.name === ADMIN_ROLE)) return [...map.allPermissions].sort()
  return [...new Set(held.flatMap((role) => [...role.permissions]))].sort()
}

/** Whether these roles have a permission. Nobody has an unknown permission, not even an admin. */
export function hasPermission(
  map: RoleMap,
  roleIds: readonly number[],
  permission: string,
): boolean {
  if (!map.allPermissions.has(permission)) return false
  return roleIds.some((id) => {
    const role = map.roles.get(id)
    return role?.name === ADMIN_ROLE || role?.permissions.has(permission) === true
  })
}
