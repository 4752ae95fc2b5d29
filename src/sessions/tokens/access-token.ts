/**
 * Access tokens: JWT (RFC 9068 `at+jwt`), ES256, without personal data. Other services verify them
 * offline by JWKS. Gatehouse itself also asks the user's object, so for it a token only names a
 * session. The token of a restricted session has an audience of its own and no roles.
 */
import type { Config } from '../../config'
import type { Deps } from '../../context'
import { randomId } from '../../crypto/encoding'
import { ACCESS_TOKEN, accessTokenVerifier } from './access-token-verifier'
import { signJwt, upToSessionEnd } from './jwt'

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
  const issuedAt = Math.floor(deps.now / 1000)
  const session = { expiresAt: claims.sessionExpiresAt }
  const expiresIn = upToSessionEnd(deps.config.ACCESS_TOKEN_TTL_SECONDS, session, issuedAt)
  const token = await signJwt(deps, {
    ...ACCESS_TOKEN,
    audience: audienceOf(deps.config, claims.isRestricted),
    subject: String(claims.userId),
    jti: randomId(),
    issuedAt,
    ttlSeconds: expiresIn,
    claims: { sid: claims.sid, ...(claims.isRestricted ? {} : { roles: claims.roles }) },
  })
  return { token, expiresIn }
}

/** The claims of an authentic, unexpired access token; undefined for anything else. */
export const verifyAccessToken = accessTokenVerifier<AccessClaims>({
  requiredClaims: ['sub', 'sid', 'jti', 'iat', 'exp'],
  audiences: (config) => [audienceOf(config, false), audienceOf(config, true)],
  // A token of an app has another audience and `jti`, and names the app. It is never a session here.
  read: (_deps, payload) =>
    payload['client_id'] === undefined
      ? { userId: Number(payload.sub), sid: payload['sid'] as string }
      : 'token_of_an_app',
})
