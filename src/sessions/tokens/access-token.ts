/**
 * Access tokens: JWT (RFC 9068 `at+jwt`), ES256, without personal data. Other services verify them
 * offline by JWKS. Gatehouse itself also asks the user's object, so for it a token only names a
 * session. The token of a restricted session has an audience of its own and no roles.
 */
import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose'
import type { Config } from '../../config'
import type { Deps } from '../../context'
import { fromBase64Url, randomId } from '../../crypto/encoding'
import { logRefusal } from './log-refusal'
import { keySet, signingKey, verifyingKey } from './signing-keys'

const ALGORITHM = 'ES256'
const TYPE = 'at+jwt'
const MAX_TOKEN_CHARS = 4096

export interface AccessClaims {
  readonly userId: number
  readonly sid: string
}

const audienceOf = (config: Config, isRestricted: boolean): string =>
  isRestricted ? `${config.ACCESS_TOKEN_AUDIENCE}:restricted` : config.ACCESS_TOKEN_AUDIENCE

/** Signs a token that expires with the session at the latest. */
export async function signAccessToken(
  deps: Deps,
  claims: AccessClaims & { sessionExpiresAt: number; isRestricted: boolean; roles: string[] },
): Promise<{ token: string; expiresIn: number }> {
  const { kid, key } = await signingKey(deps)
  const issuedAt = Math.floor(deps.now / 1000)
  const left = Math.floor(claims.sessionExpiresAt / 1000) - issuedAt
  const expiresIn = Math.max(1, Math.min(deps.config.ACCESS_TOKEN_TTL_SECONDS, left))
  const token = await new SignJWT({
    sid: claims.sid,
    ...(claims.isRestricted ? {} : { roles: claims.roles }),
  })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
    .setIssuer(deps.config.PUBLIC_URL)
    .setAudience(audienceOf(deps.config, claims.isRestricted))
    .setSubject(String(claims.userId))
    .setJti(randomId())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + expiresIn)
    .sign(key)
  return { token, expiresIn }
}

/** The claims of an authentic, unexpired access token; undefined for anything else. */
export async function verifyAccessToken(
  deps: Deps,
  token: string,
): Promise<AccessClaims | undefined> {
  const remembered = verified.get(token)
  if (remembered) {
    if (await isStillGood(deps, remembered)) return remembered.claims
    logRefusal(deps, 'access', 'expired')
    return undefined
  }
  const kid = keyIdOf(token)
  const found = kid === undefined ? undefined : await verifyingKey(deps, kid)
  if (!kid || found?.alg !== ALGORITHM) {
    logRefusal(deps, 'access', kid ? 'unknown_key' : 'malformed')
    return undefined
  }
  try {
    const { payload } = await jwtVerify<{ sid: string }>(token, found.key, {
      algorithms: [ALGORITHM],
      typ: TYPE,
      issuer: deps.config.PUBLIC_URL,
      audience: [audienceOf(deps.config, false), audienceOf(deps.config, true)],
      requiredClaims: ['sub', 'sid', 'jti', 'iat', 'exp'],
      currentDate: new Date(deps.now),
    })
    // A token of an app has another audience and `jti`, and names the app. It is never a session here.
    if (payload['client_id'] !== undefined) {
      logRefusal(deps, 'access', 'token_of_an_app')
      return undefined
    }
    const claims = { userId: Number(payload.sub), sid: payload.sid }
    const { PUBLIC_URL: issuer } = deps.config
    remember(token, { claims, kid, issuer, expiresAt: (payload.exp ?? 0) * 1000 })
    return claims
  } catch (error) {
    logRefusal(deps, 'access', error instanceof errors.JOSEError ? error.code : 'malformed')
    return undefined
  }
}

/** The key id that a token names, before anything is verified; undefined if the text is no token of ours. */
export function keyIdOf(token: string): string | undefined {
  // In base64url several last characters decode to the same bytes. Only the canonical one is accepted.
  const isCanonical = token.split('.').every((part) => fromBase64Url(part) !== undefined)
  if (token.length > MAX_TOKEN_CHARS || !isCanonical) return undefined
  try {
    return decodeProtectedHeader(token).kid
  } catch {
    return undefined
  }
}

// Verified tokens by their text, so that a warm isolate verifies each signature once. Only that is cached;
// whether the session is live is asked every time.
interface Verified {
  claims: AccessClaims
  kid: string
  issuer: string
  expiresAt: number
}
const MAX_REMEMBERED = 2_000
const verified = new Map<string, Verified>()

function remember(token: string, entry: Verified): void {
  // A Map iterates in insertion order, so the first is the oldest.
  for (const oldest of verified.keys()) {
    if (verified.size < MAX_REMEMBERED) break
    verified.delete(oldest)
  }
  verified.set(token, entry)
}

async function isStillGood(deps: Deps, entry: Verified): Promise<boolean> {
  if (entry.expiresAt <= deps.now || entry.issuer !== deps.config.PUBLIC_URL) return false
  return (await keySet(deps)).verifying.has(entry.kid)
}
