/**
 * Access tokens of apps: JWT (RFC 9068), ES256. Resource servers may verify them offline by JWKS. Wherever
 * Gatehouse itself is asked, they only name a session of the app, which the user's object is asked about.
 * That name is encrypted in `jti`, so that two apps cannot link one user and a forged token wakes no
 * object. Gatehouse's own API refuses these tokens (sessions/tokens/access-token.ts).
 */
import { errors, jwtVerify, SignJWT } from 'jose'
import type { Resource } from '../apps/app-map'
import type { Config } from '../config'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { keyIdOf as encryptionKeyOf } from '../crypto/encrypt'
import { decryptToken, type EncryptedPayloads, encryptToken } from '../crypto/encrypted-token'
import type { AppSession } from '../sessions/app-session-types'
import { keyIdOf } from '../sessions/tokens/access-token'
import { logRefusal } from '../sessions/tokens/log-refusal'
import { keySet, signingKey, verifyingKey } from '../sessions/tokens/signing-keys'
import { acrOf } from './acr'

const ALGORITHM = 'ES256'
const TYPE = 'at+jwt'
const LEAST_TTL_SECONDS = 600
const MOST_TTL_SECONDS = 3600

export interface NewAppToken {
  readonly clientId: string
  readonly sub: string
  readonly scopes: readonly string[]
  /** The APIs that it is for; none: the app itself. */
  readonly resources: readonly Resource[]
  /** Null for an app that acts for itself. */
  readonly user: {
    readonly subject: string
    readonly appSession: Pick<AppSession, 'id' | 'amr' | 'authTime' | 'expiresAt'>
  } | null
  /** The app asked for these resources alone, so nothing else is among the audiences. */
  readonly isNarrowed?: boolean
}

/** Signs a token that expires with the app's session at the latest. */
export async function signAppToken(
  deps: Deps,
  made: NewAppToken,
): Promise<{ token: string; expiresIn: number }> {
  const { kid, key } = await signingKey(deps, ALGORITHM)
  const { user } = made
  const issuedAt = Math.floor(deps.now / 1000)
  const expiresIn = lifetimeOf(deps, made, issuedAt)
  const jti = user
    ? await encryptToken(deps.config.TOKEN_KEYS, 'app_access', {
        subject: user.subject,
        sid: user.appSession.id,
      })
    : randomId()
  const token = await new SignJWT({
    client_id: made.clientId,
    scope: made.scopes.join(' '),
    ...(user && {
      auth_time: Math.floor(user.appSession.authTime / 1000),
      acr: acrOf(user.appSession),
    }),
  })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
    .setIssuer(deps.config.PUBLIC_URL)
    .setAudience(audienceOf(deps.config, made))
    .setSubject(made.sub)
    .setJti(jti)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + expiresIn)
    .sign(key)
  return { token, expiresIn }
}

function lifetimeOf({ config }: Deps, { resources, user }: NewAppToken, issuedAt: number): number {
  const standard = Math.max(config.ACCESS_TOKEN_TTL_SECONDS, LEAST_TTL_SECONDS)
  const allowed = resources.map((resource) => resource.tokenTtlSeconds)
  const wanted = Math.min(MOST_TTL_SECONDS, ...(allowed.length > 0 ? allowed : [standard]))
  if (!user) return wanted
  const left = Math.floor(user.appSession.expiresAt / 1000) - issuedAt
  return Math.max(1, Math.min(wanted, left))
}

/**
 * The resources, and otherwise the app itself. A token with the scope `openid` that the app did not narrow to
 * certain resources is also for our userinfo route, by the issuer as audience.
 */
function audienceOf(config: Config, made: NewAppToken): string | string[] {
  const { resources, scopes, isNarrowed = false } = made
  const own = scopes.includes('openid') && !isNarrowed ? [config.PUBLIC_URL] : []
  const all = resources.map((resource) => resource.identifier)
  if (all.length === 0) return made.clientId
  const audiences = [...all, ...own]
  const [only] = audiences
  return audiences.length === 1 && only !== undefined ? only : audiences
}

export interface AppTokenClaims {
  readonly clientId: string
  readonly sub: string
  readonly scopes: readonly string[]
  readonly audiences: readonly string[]
  readonly jti: string
  /** Seconds since the epoch. */
  readonly iat: number
  readonly exp: number
  readonly authTime?: number
  readonly acr?: string
  /** The app's session; null for an app that acts for itself. */
  readonly handle: EncryptedPayloads['app_access'] | null
}

interface Payload {
  client_id?: unknown
  scope?: unknown
  auth_time?: number
  acr?: string
}

/** The claims of an authentic, unexpired access token of an app; undefined for anything else. */
export async function verifyAppToken(
  deps: Deps,
  token: string,
): Promise<AppTokenClaims | undefined> {
  const remembered = verified.get(token)
  if (remembered) {
    if (await isStillGood(deps, remembered)) return remembered.claims
    logRefusal(deps, 'access', 'expired')
    return undefined
  }
  const kid = keyIdOf(token)
  const found = kid === undefined ? undefined : await verifyingKey(deps, kid)
  if (kid === undefined || found?.alg !== ALGORITHM) {
    logRefusal(deps, 'access', kid === undefined ? 'malformed' : 'unknown_key')
    return undefined
  }
  try {
    const claims = await claimsOf(deps, token, found.key)
    if (!claims) {
      logRefusal(deps, 'access', 'not_of_an_app')
      return undefined
    }
    remember(token, { claims, kid, issuer: deps.config.PUBLIC_URL })
    return claims
  } catch (error) {
    logRefusal(deps, 'access', error instanceof errors.JOSEError ? error.code : 'malformed')
    return undefined
  }
}

async function claimsOf(
  deps: Deps,
  token: string,
  key: CryptoKey,
): Promise<AppTokenClaims | undefined> {
  const { payload } = await jwtVerify<Payload>(token, key, {
    algorithms: [ALGORITHM],
    typ: TYPE,
    issuer: deps.config.PUBLIC_URL,
    requiredClaims: ['sub', 'aud', 'jti', 'iat', 'exp', 'client_id', 'scope'],
    currentDate: new Date(deps.now),
  })
  const { client_id: clientId, scope, sub = '', aud = [], jti = '', iat = 0, exp = 0 } = payload
  if (typeof clientId !== 'string' || typeof scope !== 'string') return undefined
  // No user has a client id for their `sub` (apps/app-subject.ts).
  const isOwn = sub === clientId
  const handle = isOwn ? null : await decryptToken(deps.config.TOKEN_KEYS, 'app_access', jti)
  if (handle === undefined) return undefined
  return {
    clientId,
    sub,
    scopes: scope.split(' ').filter(Boolean),
    audiences: [aud].flat(),
    jti,
    iat,
    exp,
    ...(payload.auth_time !== undefined && { authTime: payload.auth_time }),
    ...(payload.acr !== undefined && { acr: payload.acr }),
    handle,
  }
}

// Verified tokens by their text, so that a warm isolate verifies each signature once. Only that is cached;
// whether the app's session is live is asked every time.
interface Verified {
  readonly claims: AppTokenClaims
  readonly kid: string
  readonly issuer: string
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

async function isStillGood(deps: Deps, { claims, kid, issuer }: Verified): Promise<boolean> {
  const { PUBLIC_URL, TOKEN_KEYS } = deps.config
  if (claims.exp * 1000 <= deps.now || issuer !== PUBLIC_URL) return false
  if (claims.handle && !TOKEN_KEYS.has(encryptionKeyOf(claims.jti))) return false
  return (await keySet(deps)).verifying.has(kid)
}
