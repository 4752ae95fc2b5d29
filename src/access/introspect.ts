/**
 * Token introspection (RFC 7662): whether an access token is valid right now, according to the
 * user's object, which every request asks. All invalid tokens get the same answer.
 */
import { decodeJwt } from 'jose'
import { countKeyRequest } from '../api-keys/authenticate-api-key'
import { type Deps, NO_CLIENT } from '../context'
import { DomainError } from '../errors'
import { permissionsOf, roleNames } from '../rbac/permissions'
import { requiredActionOf } from '../rbac/required-action'
import { roleMap } from '../rbac/role-map'
import { liveSession } from '../sessions/require-session'
import { subjectOf } from '../sessions/session-types'
import { verifyAccessToken } from '../sessions/tokens/access-token'
import { withinLimit } from '../throttle/rate-limit'

export interface ActiveToken {
  readonly active: true
  /** The user id. */
  readonly sub: string
  readonly sid: string
  readonly scope: string
  readonly roles: string[]
  readonly token_type: 'Bearer'
  readonly iss: string
  readonly aud: string
  readonly jti: string
  /** Seconds since the epoch. */
  readonly iat: number
  readonly exp: number
  /** How the user authenticated (RFC 8176). */
  readonly amr: string[]
  /** When the user signed in, or last proved who they are, in seconds (RFC 9470 section 6.2). */
  readonly auth_time: number
}

export const INACTIVE = { active: false } as const

const RETRY_AFTER_SECONDS = 60

/**
 * What an access token allows now. Only a token whose signature verifies reaches a Durable Object
 * and is counted: for the API key, and for the key and the token's user. So neither garbage nor one
 * user's requests can use up what the application needs for everybody else. Throws
 * `too_many_attempts`.
 */
export async function introspect(
  deps: Deps,
  { keyId, token }: { keyId: string; token: string },
): Promise<ActiveToken | typeof INACTIVE> {
  const claims = await verifyAccessToken(deps, token)
  if (!claims) return INACTIVE
  // Check the user's share first: a request that it refuses must not use up the key's budget.
  if (!(await withinLimit(deps, 'INTROSPECTION_LIMIT', `${keyId} ${subjectOf(claims.sid)}`))) {
    const detail = 'Too many requests with tokens of this user'
    throw new DomainError('too_many_attempts', { detail, retryAfter: RETRY_AFTER_SECONDS })
  }
  await countKeyRequest(deps, keyId)
  // The request comes from the application and not from the user, so its address must not be
  // recorded as the session's device.
  const checked = await liveSession({ ...deps, client: NO_CLIENT }, claims.sid).catch(ifRefused)
  if (!checked || (await requiredActionOf(deps, checked.accountState, checked.session)))
    return INACTIVE
  const { iss, aud, jti, iat, exp } = decodeJwt<Claims>(token)
  const { userId, roleIds } = checked.accountState
  const map = await roleMap(deps)
  const { session } = checked
  return {
    active: true,
    sub: String(userId),
    sid: session.sid,
    scope: permissionsOf(map, roleIds).join(' '),
    roles: roleNames(map, roleIds),
    token_type: 'Bearer',
    iss,
    aud,
    jti,
    iat,
    exp,
    amr: [...session.amr],
    auth_time: Math.floor(Math.max(session.authTime, session.provedAt) / 1000),
  }
}

/** Present in every token that verifies. */
type Claims = Pick<ActiveToken, 'iss' | 'aud' | 'jti' | 'iat' | 'exp'>

const ifRefused = (error: unknown): undefined => {
  if (!(error instanceof DomainError && error.code === 'invalid_access_token')) throw error
}
