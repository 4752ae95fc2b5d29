import type { Deps, Principal } from '../context'
import { ADMIN_ROLE, permissionsOf } from './permissions'
import { roleMap } from './role-map'

/**
 * The roles that a user may give to others, by name: those that permit nothing that they may not do
 * themselves. For lists to choose from; the change itself checks again (`mayGrantRoles`).
 */
export async function grantableRoles(
  deps: Deps,
  { roleIds }: Pick<Principal, 'roleIds'>,
): Promise<string[]> {
  const map = await roleMap(deps)
  const own = new Set(permissionsOf(map, roleIds))
  const isAdmin = roleIds.some((id) => map.roles.get(id)?.name === ADMIN_ROLE)
  const grantable = [...map.roles.values()].filter(
    ({ name, permissions }) => isAdmin || (name !== ADMIN_ROLE && permissions.isSubsetOf(own)),
  )
  return grantable.map(({ name }) => name).sort()
}
