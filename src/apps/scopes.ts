/**
 * Scopes: those of OpenID Connect, and those of resources. A scope of a resource may need a permission, and
 * is then in force only while the user holds it.
 */
import { hasPermission, type RoleMap } from '../rbac/permissions'
import type { AppGrant } from '../sessions/app-session-types'
import type { AppRow } from '../tables/apps'
import type { AppMap, Resource, Scope } from './app-map'

/** Scopes that are about the user. They belong to no resource. */
export const STANDARD_SCOPES = [
  'openid',
  'profile',
  'email',
  'roles',
  'permissions',
  'offline_access',
] as const

/** RFC 6749 section 3.3. */
export const SCOPE_NAME = /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/

export const isStandardScope = (name: string): boolean =>
  (STANDARD_SCOPES as readonly string[]).includes(name)

/** The resources of these identifiers; undefined if the app may not ask for one of them. */
export function resourcesOf(
  map: AppMap,
  app: Pick<AppRow, 'resources'>,
  identifiers: readonly string[],
): Resource[] | undefined {
  const found = identifiers.flatMap((identifier) => {
    const resource = map.resourcesByIdentifier.get(identifier)
    return resource && app.resources.includes(identifier) ? [resource] : []
  })
  return found.length === identifiers.length ? found : undefined
}

/**
 * The scopes of a grant that are in force for one token now: the standard ones, and those of the token's
 * resources whose permission the user holds. Two resources may offer one name with different permissions: a
 * token for both carries it only if the user holds both, because neither resource can tell which one was meant.
 * `roleIds`: null for an app that acts for itself, which holds what an admin gave it.
 */
export function scopesInForce(
  { map, roles }: { map: AppMap; roles: RoleMap },
  granted: Pick<AppGrant, 'scopes'>,
  resources: readonly string[],
  roleIds: readonly number[] | null,
): string[] {
  const offered: readonly Scope[] = resources.flatMap(
    (identifier) => map.resourcesByIdentifier.get(identifier)?.scopes ?? [],
  )
  const holds = ({ permission }: Scope) =>
    permission === null || roleIds === null || hasPermission(roles, roleIds, permission)
  return granted.scopes.filter((name) => {
    if (isStandardScope(name)) return true
    const meant = offered.filter((scope) => scope.name === name)
    return meant.length > 0 && meant.every(holds)
  })
}
