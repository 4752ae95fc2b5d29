/** Introspection for apps and resource servers (RFC 7662). */
import { appMap } from '../apps/app-map'
import { scopesInForce } from '../apps/scopes'
import type { Deps } from '../context'
import { decryptToken } from '../crypto/encrypted-token'
import { roleMap } from '../rbac/role-map'
import type { AppRow, ResourceRow } from '../tables/apps'
import { verifyAppToken } from './access-token'
import { acrOf } from './acr'
import {
  type LiveGrant,
  liveAppSession,
  type LiveToken,
  liveToken,
  stillAllowed,
} from './live-grant'
import { claimsFor } from './user-claims'

export type Introspector = { readonly app: AppRow } | { readonly resource: ResourceRow }

export interface ActiveAppToken {
  readonly active: true
  readonly client_id: string
  readonly sub: string
  /** The scopes in force now. A resource server sees those of its own API and the standard ones. */
  readonly scope: string
  readonly iss: string
  /** Seconds since the epoch. */
  readonly exp: number
  readonly iat: number
  readonly token_type?: 'Bearer'
  readonly aud?: string | string[]
  readonly jti?: string
  readonly acr?: string
  readonly auth_time?: number
  /** Under the scopes of these names. */
  readonly roles?: unknown
  readonly permissions?: unknown
}

export const INACTIVE = { active: false } as const

/**
 * The state of a token now, as the user's object says. An app learns about its own tokens and a resource
 * server about access tokens for its own API; everything else is inactive to them, as unknown ones are.
 */
export async function introspectForApp(
  deps: Deps,
  by: Introspector,
  token: string,
): Promise<ActiveAppToken | typeof INACTIVE> {
  const refresh = await decryptToken(deps.config.TOKEN_KEYS, 'app_refresh', token)
  if (refresh) return 'app' in by ? ofRefreshToken(deps, by.app, refresh) : INACTIVE
  const claims = await verifyAppToken(deps, token)
  if (!claims) return INACTIVE
  const isOwn =
    'app' in by
      ? claims.clientId === by.app.clientId
      : claims.audiences.includes(by.resource.identifier)
  const found = isOwn ? await liveToken(deps, claims) : undefined
  if (!found || ('resource' in by && !found.app.resources.includes(by.resource.identifier))) {
    return INACTIVE
  }
  // Two APIs may offer scopes of one name, with different permissions. Each sees only its own.
  const resources = 'app' in by ? claims.audiences : [by.resource.identifier]
  const scopes = await scopesOfToken(deps, found, resources)
  const { iat, exp, jti, audiences, acr, authTime, sub, clientId } = claims
  const [only] = audiences
  return {
    active: true,
    client_id: clientId,
    sub,
    scope: scopes.join(' '),
    iss: deps.config.PUBLIC_URL,
    exp,
    iat,
    token_type: 'Bearer',
    aud: audiences.length === 1 && only !== undefined ? only : [...audiences],
    jti,
    ...(acr !== undefined && { acr }),
    ...(authTime !== undefined && { auth_time: authTime }),
    ...(found.live && (await accessClaims(deps, found.live, scopes))),
  }
}

/** The scopes of a token that are in force now for these resources. */
export async function scopesOfToken(
  deps: Deps,
  { claims, app, live }: LiveToken,
  resources: readonly string[],
): Promise<string[]> {
  const map = await appMap(deps)
  const granted = stillAllowed(app, live ? live.appSession.scopes : app.scopes)
  const scopes = claims.scopes.filter((name) => granted.includes(name))
  const allowed = resources.filter((identifier) => app.resources.includes(identifier))
  const roleIds = live ? live.accountState.roleIds : null
  return scopesInForce({ map, roles: await roleMap(deps) }, { scopes }, allowed, roleIds)
}

async function ofRefreshToken(
  deps: Deps,
  app: AppRow,
  held: { subject: string; sid: string; n: number },
): Promise<ActiveAppToken | typeof INACTIVE> {
  const live = await liveAppSession(deps, app, held)
  // One that was exchanged already is spent, though it is still taken for a moment.
  if (!live || live.appSession.generation !== held.n) return INACTIVE
  const { appSession, accountState } = live
  const at = { map: await appMap(deps), roles: await roleMap(deps) }
  const granted = { scopes: stillAllowed(app, appSession.scopes) }
  const resources = appSession.resources.filter((each) => app.resources.includes(each))
  const scopes = scopesInForce(at, granted, resources, accountState.roleIds)
  return {
    active: true,
    client_id: app.clientId,
    sub: appSession.sub,
    scope: scopes.join(' '),
    iss: deps.config.PUBLIC_URL,
    exp: Math.floor(appSession.expiresAt / 1000),
    iat: Math.floor(appSession.lastUsedAt / 1000),
    acr: acrOf(appSession),
    auth_time: Math.floor(appSession.authTime / 1000),
  }
}

/** Roles and permissions only: names and addresses are for the userinfo route. */
async function accessClaims(deps: Deps, live: LiveGrant, scopes: readonly string[]) {
  const allowed = scopes.filter((name) => name === 'roles' || name === 'permissions')
  return claimsFor(deps, live, { scopes: allowed, names: [] })
}
