/**
 * Role id -> name and permissions, in isolate memory and at most five seconds old: the one stated
 * bound on how long a redefined role takes to reach every isolate. Who holds which role is not here;
 * that comes with every check from the user's object.
 */
import { eq } from 'drizzle-orm'
import type { Deps } from '../context'
import { permissions, rolePermissions, roles } from './schema'
import type { Role, RoleMap } from './permissions'

const MAX_AGE_MS = 5_000

interface Loaded {
  at: number
  map: Promise<RoleMap>
}
const cache = new WeakMap<Env, Loaded>()

/** The roles and their permissions, at most five seconds old. */
export function roleMap(deps: Deps): Promise<RoleMap> {
  const known = cache.get(deps.env)
  // A clock that went back (tests, restores) must not keep an old map for ever.
  if (known && Math.abs(deps.now - known.at) < MAX_AGE_MS) return known.map
  const map = load(deps)
  const loaded = { at: deps.now, map }
  cache.set(deps.env, loaded)
  map.catch(() => {
    if (cache.get(deps.env) === loaded) cache.delete(deps.env)
  })
  return map
}

/** Makes this isolate read the roles anew; others follow within five seconds. */
export const forgetRoleMap = (deps: Deps): boolean => cache.delete(deps.env)

async function load(deps: Deps): Promise<RoleMap> {
  const rows = await deps.db
    .select({ id: roles.id, name: roles.name, permission: permissions.name })
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
