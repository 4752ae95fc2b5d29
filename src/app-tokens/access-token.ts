/**
 * Access tokens of apps: JWT (RFC 9068), ES256. Resource servers may verify them offline by JWKS. Wherever
 * Gatehouse itself is asked, they only name a session of the app, which the user's object is asked about.
 * That name is encrypted in `jti`, so that two apps cannot link one user and a forged token wakes no
 * object. Gatehouse's own API refuses these tokens (sessions/tokens/access-token.ts).
 */
import type { JWTPayload } from 'jose'
import type { Resource } from '../apps/app-map'
import type { Config } from '../config'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { keyIdOf as encryptionKeyOf } from '../crypto/encrypt'
import { decryptToken, type EncryptedPayloads, encryptToken } from '../crypto/encrypted-token'
import type { AppSession } from '../sessions/app-session-types'
import { ACCESS_TOKEN, accessTokenVerifier } from '../sessions/tokens/access-token-verifier'
import { signJwt, upToSessionEnd } from '../sessions/tokens/jwt'
import { APP_TOKEN_SECONDS } from '../tables/apps'
import { acrOf } from './acr'

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
  const { user } = made
  const issuedAt = Math.floor(deps.now / 1000)
  const expiresIn = lifetimeOf(deps, made, issuedAt)
  const jti = user
    ? await encryptToken(deps.config.TOKEN_KEYS, 'app_access', {
        subject: user.subject,
        sid: user.appSession.id,
      })
    : randomId()
  const token = await signJwt(deps, {
    ...ACCESS_TOKEN,
    audience: audienceOf(deps.config, made),
    subject: made.sub,
    jti,
    issuedAt,
    ttlSeconds: expiresIn,
    claims: {
      client_id: made.clientId,
      scope: made.scopes.join(' '),
      ...(user && {
        auth_time: Math.floor(user.appSession.authTime / 1000),
        acr: acrOf(user.appSession),
      }),
    },
  })
  return { token, expiresIn }
}

function lifetimeOf({ config }: Deps, { resources, user }: NewAppToken, issuedAt: number): number {
  const standard = Math.max(config.ACCESS_TOKEN_TTL_SECONDS, APP_TOKEN_SECONDS.min)
  const allowed = resources.map((resource) => resource.tokenTtlSeconds)
  const wanted = Math.min(APP_TOKEN_SECONDS.max, ...(allowed.length > 0 ? allowed : [standard]))
  return user ? upToSessionEnd(wanted, user.appSession, issuedAt) : wanted
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

/** The claims of an authentic, unexpired access token of an app; undefined for anything else. */
export const verifyAppToken = accessTokenVerifier<AppTokenClaims>({
  requiredClaims: ['sub', 'aud', 'jti', 'iat', 'exp', 'client_id', 'scope'],
  read: async (deps, payload) => (await claimsOf(deps, payload)) ?? 'not_of_an_app',
  isStillGood: ({ TOKEN_KEYS }, { handle, jti }) => !handle || TOKEN_KEYS.has(encryptionKeyOf(jti)),
})

interface Payload extends JWTPayload {
  client_id?: unknown
  scope?: unknown
  auth_time?: number
  acr?: string
}

async function claimsOf(deps: Deps, payload: Payload): Promise<AppTokenClaims | undefined> {
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
