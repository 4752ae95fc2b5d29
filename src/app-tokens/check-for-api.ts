/** The rights of the bearer of an app's token at an API now, for the service binding and for API keys. */
import { countKeyRequest } from '../api-keys/authenticate-api-key'
import { appMap } from '../apps/app-map'
import { type Deps, NO_CLIENT } from '../context'
import { verifyAppToken } from './access-token'
import { INACTIVE, scopesOfToken } from './introspect-for-app'
import { type LiveToken, liveToken } from './live-grant'

export interface CheckedToken extends LiveToken {
  /** The scopes that are in force now for this API. */
  readonly scopes: readonly string[]
  /** The permissions that these scopes need. They are granted to the app, and the user holds them now. */
  readonly permissions: readonly string[]
}

/**
 * Checks an access token that is for this audience: an API's identifier, or the client id of an app that sends
 * its own tokens to its own server. Undefined for every other token. The caller has to name the audience, as a
 * token for another API must not work here (RFC 9068 section 4).
 */
export async function checkForApi(
  deps: Deps,
  token: string,
  audience: string,
): Promise<CheckedToken | undefined> {
  const claims = await verifyAppToken(deps, token)
  if (!claims?.audiences.includes(audience)) return undefined
  const found = await liveToken(deps, claims)
  if (!found) return undefined
  // An admin may have taken the API from the app since.
  const isAllowed = audience === claims.clientId || found.app.resources.includes(audience)
  if (!isAllowed) return undefined
  const scopes = await scopesOfToken(deps, found, [audience])
  const offered = (await appMap(deps)).resourcesByIdentifier.get(audience)?.scopes ?? []
  const permissions = offered.flatMap(({ name, permission }) =>
    permission !== null && scopes.includes(name) ? [permission] : [],
  )
  return { ...found, scopes, permissions: [...new Set(permissions)].sort() }
}

/**
 * The same for an API key, as RFC 7662 writes it. Only a token that is authentic and for this audience is
 * counted for the key. Throws `too_many_attempts`.
 */
export async function introspectAppToken(
  deps: Deps,
  { keyId, token, audience }: { keyId: string; token: string; audience: string },
) {
  const isOurs = (await verifyAppToken(deps, token))?.audiences.includes(audience) ?? false
  if (!isOurs) return INACTIVE
  await countKeyRequest(deps, keyId)
  // The request comes from the API and not from the user.
  const found = await checkForApi({ ...deps, client: NO_CLIENT }, token, audience)
  if (!found) return INACTIVE
  const { claims, scopes, permissions } = found
  return {
    active: true,
    client_id: claims.clientId,
    sub: claims.sub,
    scope: scopes.join(' '),
    permissions,
    token_type: 'Bearer',
    iss: deps.config.PUBLIC_URL,
    aud: claims.audiences,
    jti: claims.jti,
    iat: claims.iat,
    exp: claims.exp,
    ...(claims.acr !== undefined && { acr: claims.acr }),
    ...(claims.authTime !== undefined && { auth_time: claims.authTime }),
  } as const
}
