/**
 * ID tokens that came from the token endpoint. TLS has proved who sent them, so the signature need not be
 * checked (OpenID Connect Core 1.0, section 3.1.3.7, rule 6). Everything else is.
 */
import { fromBase64url } from './base64url.ts'
import { refused } from './failure.ts'

/** The claims of an ID token. What else there is depends on the scopes. */
export interface IdTokenClaims {
  readonly iss: string
  readonly sub: string
  readonly aud: string | readonly string[]
  readonly exp: number
  readonly iat: number
  readonly nonce?: string
  readonly auth_time?: number
  /** The session of this app. The service names it when it ends. */
  readonly sid?: string
  readonly acr?: string
  readonly name?: string
  readonly email?: string
  readonly email_verified?: boolean
  readonly [claim: string]: unknown
}

export interface Expected {
  readonly issuer: string
  readonly clientId: string
  /** What was sent with the request. */
  readonly nonce: string | undefined
  /** At a renewal: the user must be the same, and the nonce may be left out (section 12.2). */
  readonly sub?: string | undefined
  /** Seconds since the user signed in, if the request limited them. */
  readonly maxAge?: number | undefined
  /** How wrong this machine's clock may be, in seconds. */
  readonly tolerance: number
}

/** Returns the claims of a token. Throws `invalid_id_token` if it is not valid for this app now. */
export function verifyIdToken(token: string, expected: Expected): IdTokenClaims {
  const claims = claimsOf(token)
  const fault = claims ? faultOf(claims, expected) : 'It cannot be read'
  if (!claims || fault !== undefined) throw refused('invalid_id_token', `The ID token: ${fault}`)
  return claims as IdTokenClaims
}

/** Returns the claims of a JWT without checking them, or undefined if there are none. */
function claimsOf(token: string): Record<string, unknown> | undefined {
  try {
    const [, payload, signature, ...more] = token.split('.')
    if (!payload || !signature || more.length > 0) return undefined
    const claims: unknown = JSON.parse(new TextDecoder().decode(fromBase64url(payload)))
    return typeof claims === 'object' && claims !== null
      ? (claims as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function faultOf(claims: Record<string, unknown>, expected: Expected): string | undefined {
  const { iss, aud, azp, sub, exp, iat, nonce, auth_time: authTime } = claims
  const { clientId, tolerance, maxAge } = expected
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud]
  const now = Date.now() / 1000
  if (iss !== expected.issuer) return 'iss is not the issuer'
  if (!audiences.includes(clientId)) return 'aud is not this app'
  // An audience that this app does not know is not trusted (rule 3).
  if (audiences.length > 1 && azp === undefined) return 'there are other audiences'
  if (azp !== undefined && azp !== clientId) return 'azp is not this app'
  if (typeof sub !== 'string' || sub === '') return 'there is no sub'
  if (expected.sub !== undefined && sub !== expected.sub) return 'sub is another user'
  if (typeof exp !== 'number' || exp + tolerance <= now) return 'it has expired'
  if (typeof iat !== 'number' || iat - tolerance > now) return 'it was issued in the future'
  const isLeftOut = expected.sub !== undefined && nonce === undefined
  if (nonce !== expected.nonce && !isLeftOut) return 'nonce is another one'
  if (
    maxAge !== undefined &&
    !(typeof authTime === 'number' && authTime + maxAge + tolerance > now)
  ) {
    return 'auth_time is too long ago'
  }
  return undefined
}
