/**
 * Verifies access tokens: JWT (RFC 9068), ES256. Those of sessions and those of apps differ only in their
 * claims. Verified tokens are remembered by their text, so that a warm isolate verifies each signature once.
 * Only that is cached; whether the session is live is asked every time.
 */
import { errors, type JWTPayload, jwtVerify } from 'jose'
import type { Config } from '../../config'
import type { Deps } from '../../context'
import { keyIdOf } from './jwt'
import { logRefusal } from './log-refusal'
import { keySet, verifyingKey } from './signing-keys'

export const ACCESS_TOKEN = { alg: 'ES256', typ: 'at+jwt' } as const
const MAX_REMEMBERED = 2_000

interface Rules<Claims> {
  readonly requiredClaims: string[]
  /** The token must name one of them. Undefined if every audience is accepted. */
  readonly audiences?: (config: Config) => string[]
  /** The claims of an authentic token, or why it is refused all the same. */
  readonly read: (deps: Deps, payload: JWTPayload) => Promise<Claims | string> | Claims | string
  /** What else must hold each time for a remembered token. */
  readonly isStillGood?: (config: Config, claims: Claims) => boolean
}

interface Verified<Claims> {
  readonly claims: Claims
  readonly kid: string
  readonly issuer: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** Returns a function from a token to its claims; to undefined unless the token is authentic and unexpired. */
export function accessTokenVerifier<Claims extends object>(
  rules: Rules<Claims>,
): (deps: Deps, token: string) => Promise<Claims | undefined> {
  const verified = new Map<string, Verified<Claims>>()

  function remember(token: string, entry: Verified<Claims>): void {
    // A Map iterates in insertion order, so the first is the oldest.
    for (const oldest of verified.keys()) {
      if (verified.size < MAX_REMEMBERED) break
      verified.delete(oldest)
    }
    verified.set(token, entry)
  }

  async function isStillGood(deps: Deps, entry: Verified<Claims>): Promise<boolean> {
    if (entry.expiresAt <= deps.now || entry.issuer !== deps.config.PUBLIC_URL) return false
    if (rules.isStillGood?.(deps.config, entry.claims) === false) return false
    return (await keySet(deps)).verifying.has(entry.kid)
  }

  /** The claims, or why the token is refused. */
  async function check(deps: Deps, token: string): Promise<Claims | string> {
    const remembered = verified.get(token)
    if (remembered) return (await isStillGood(deps, remembered)) ? remembered.claims : 'expired'
    const kid = keyIdOf(token)
    if (kid === undefined) return 'malformed'
    const found = await verifyingKey(deps, kid)
    if (found?.alg !== ACCESS_TOKEN.alg) return 'unknown_key'
    const { PUBLIC_URL: issuer } = deps.config
    try {
      const { payload } = await jwtVerify(token, found.key, {
        algorithms: [ACCESS_TOKEN.alg],
        typ: ACCESS_TOKEN.typ,
        issuer,
        ...(rules.audiences && { audience: rules.audiences(deps.config) }),
        requiredClaims: rules.requiredClaims,
        currentDate: new Date(deps.now),
      })
      const claims = await rules.read(deps, payload)
      if (typeof claims === 'string') return claims
      remember(token, { claims, kid, issuer, expiresAt: (payload.exp ?? 0) * 1000 })
      return claims
    } catch (error) {
      return error instanceof errors.JOSEError ? error.code : 'malformed'
    }
  }

  return async (deps, token) => {
    const claims = await check(deps, token)
    if (typeof claims !== 'string') return claims
    logRefusal(deps, 'access', claims)
    return undefined
  }
}
