/** What a request at the token endpoint may ask for, within what was granted. */
import type { AppMap, Resource } from '../apps/app-map'
import { resourcesOf, SCOPE_NAME } from '../apps/scopes'
import { OAuthError } from '../http/oauth-error'
import type { Wanted } from '../sessions/app-session-types'
import type { TokenRequest } from './token-messages'

/** Resources among those that may be asked for. Throws `invalid_target` (RFC 8707 section 2). */
export function demandResources(
  map: AppMap,
  allowed: { readonly resources: readonly string[] },
  identifiers: readonly string[],
): Resource[] {
  const unique = [...new Set(identifiers)]
  const found = resourcesOf(map, { resources: [...allowed.resources] }, unique)
  if (!found) throw wrongTarget()
  return found
}

/** The resources that have not been deleted since. */
export const existing = (map: AppMap, identifiers: readonly string[]): string[] =>
  identifiers.filter((identifier) => map.resourcesByIdentifier.has(identifier))

/** The scopes that were asked for. Throws `invalid_scope` for one beyond those granted (RFC 6749 section 6). */
export function narrowed(asked: string | undefined, granted: readonly string[]): readonly string[] {
  if (asked === undefined) return granted
  const names = [...new Set(asked.split(' '))]
  if (!names.every((name) => SCOPE_NAME.test(name) && granted.includes(name))) throw tooWide()
  return names
}

/** What the object compares with the grant, before it spends a code or a refresh token. */
export const wantedOf = ({
  scope,
  resource,
}: Pick<TokenRequest, 'scope' | 'resource'>): Wanted => ({
  ...(scope !== undefined && { scopes: scope.split(' ') }),
  ...(resource && { resources: resource }),
})

/** The error for a request that went beyond the grant. */
export const beyond = (what: 'scope' | 'resource'): OAuthError =>
  what === 'scope' ? tooWide() : wrongTarget()

export const wrongTarget = () =>
  new OAuthError('invalid_target', 'Unknown resource, or not granted to this client')

const tooWide = () => new OAuthError('invalid_scope', 'The scope exceeds what was granted')
