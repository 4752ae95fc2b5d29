/**
 * Role id -> name and permissions, cached in isolate memory for at most five seconds. That is how
 * long a change to a role takes to reach every isolate. The roles of a user are not cached here:
 * they come from the user's object with every check.
 */
import { eq, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { DomainError } from '../errors'
import { permissions, rolePermissions, roles } from '../tables/rbac'
import type { Role, RoleMap } from './permissions'

const MAX_AGE_MS = 5_000
/** From this age on, one request reloads the map after its response, so that none waits under load. */
const RENEW_AFTER_MS = 4_000

interface Loaded {
  readonly at: number
  readonly map: RoleMap
  isBeingRenewed: boolean
}
// Caches the value and not the promise: an unfinished read of one request must not hold up another.
const cache = new WeakMap<Env, Loaded>()

/** The roles and their permissions, at most five seconds old. */
export async function roleMap(deps: Deps): Promise<RoleMap> {
  const known = cache.get(deps.env)
  // If the clock is set back (a restore), an old map must not stay valid.
  const age = known ? Math.abs(deps.now - known.at) : Number.POSITIVE_INFINITY
  if (!known || age >= MAX_AGE_MS) return renew(deps)
  if (age >= RENEW_AFTER_MS && !known.isBeingRenewed) {
    known.isBeingRenewed = true
    // If it fails, the next request that needs the map loads it.
    deps.waitUntil(renew(deps).catch(() => undefined))
  }
  return known.map
}

async function renew(deps: Deps): Promise<RoleMap> {
  const map = await load(deps)
  cache.set(deps.env, { at: deps.now, map, isBeingRenewed: false })
  return map
}

/** The id of a role. Throws `not_found` for an unknown one. */
export async function roleIdOf(deps: Deps, role: string): Promise<number> {
  const { roles } = await roleMap(deps)
  for (const [roleId, { name }] of roles) if (name === role) return roleId
  throw new DomainError('not_found', { detail: 'Role not found' })
}

/** Makes this isolate load the roles again; others follow within five seconds. */
export const forgetRoleMap = (deps: Deps): boolean => cache.delete(deps.env)

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
