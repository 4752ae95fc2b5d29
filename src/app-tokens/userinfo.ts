/** The userinfo route (OpenID Connect Core section 5.3) with its errors (RFC 6750 section 3). */
import type { Deps } from '../context'
import { OAuthError, type OAuthErrorCode } from '../http/oauth-error'
import { verifyAppToken } from './access-token'
import { scopesOfToken } from './introspect-for-app'
import { liveToken } from './live-grant'
import { claimsFor } from './user-claims'

/** The claims that the app of a token may see about its user now. Throws `invalid_token` and `insufficient_scope`. */
export async function userinfo(deps: Deps, token: string): Promise<Record<string, unknown>> {
  const claims = await verifyAppToken(deps, token)
  if (!claims) throw invalidToken()
  // A token that is only for an API must not let that API read the user's data here.
  const isForUs = claims.audiences.some(
    (each) => each === claims.clientId || each === deps.config.PUBLIC_URL,
  )
  if (!isForUs) throw invalidToken()
  const found = await liveToken(deps, claims)
  if (!found) throw invalidToken()
  const { live } = found
  const scopes = await scopesOfToken(deps, found, claims.audiences)
  if (!live || !scopes.includes('openid')) {
    throw refusal('insufficient_scope', 403, 'The token has not the scope openid', 'scope="openid"')
  }
  const names = live.appSession.claims.userinfo
  return { ...(await claimsFor(deps, live, { scopes, names })), sub: live.appSession.sub }
}

/** The token of a request: of the header, or of the form body (RFC 6750 section 2). Throws `invalid_request`. */
export function tokenOf(
  inHeader: string | undefined,
  inForm: string | undefined,
  request: Request,
): string {
  const { headers } = request
  if (inForm !== undefined && headers.has('authorization')) {
    throw refusal('invalid_request', 400, 'Send the token in one way only')
  }
  const token = inHeader ?? inForm
  if (token !== undefined) return token
  if (headers.has('authorization')) throw invalidToken()
  // The answer to a request without credentials has no error code (section 3.1).
  throw new OAuthError('invalid_token', 'No access token', {
    status: 401,
    headers: { 'www-authenticate': 'Bearer realm="gatehouse"' },
  })
}

const invalidToken = () =>
  refusal('invalid_token', 401, 'Invalid, expired or revoked, or not for this route')

function refusal(
  code: OAuthErrorCode,
  status: 400 | 401 | 403,
  description: string,
  more?: string,
): OAuthError {
  const parts = [
    'realm="gatehouse"',
    `error="${code}"`,
    `error_description="${description}"`,
    ...(more === undefined ? [] : [more]),
  ]
  return new OAuthError(code, description, {
    status,
    headers: { 'www-authenticate': `Bearer ${parts.join(', ')}` },
  })
}
