/**
 * ID tokens (OpenID Connect Core section 2), signed RS256, or ES256 for apps that chose so. They tell the app
 * who signed in and how, and nothing of ours accepts them but as a hint.
 */
import { compactVerify, errors, type JWTPayload } from 'jose'
import type { Deps } from '../context'
import { fromUtf8, toBase64Url, utf8 } from '../crypto/encoding'
import type { AppSession } from '../sessions/app-session-types'
import { keyIdOf, signJwt, upToSessionEnd } from '../sessions/tokens/jwt'
import { verifyingKey } from '../sessions/tokens/signing-keys'
import type { AppRow } from '../tables/apps'
import { acrOf } from './acr'

const TTL_SECONDS = 3600
const TYPE = 'JWT'

export interface IdTokenContent {
  readonly app: Pick<AppRow, 'clientId' | 'idTokenAlg'>
  readonly appSession: Pick<AppSession, 'id' | 'sub' | 'amr' | 'authTime' | 'expiresAt'>
  /** The nonce of the authorization request; null for a refresh, or if the app sent none. */
  readonly nonce: string | null
  /** The access token that is issued beside it. */
  readonly accessToken: string
  /** Claims that were requested by name (section 5.5). They cannot replace those of the protocol. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** Signs an ID token: the claims about the sign-in, for the app. */
export async function signIdToken(deps: Deps, content: IdTokenContent): Promise<string> {
  const { app, appSession, nonce, accessToken, claims = {} } = content
  const issuedAt = Math.floor(deps.now / 1000)
  return signJwt(deps, {
    alg: app.idTokenAlg,
    typ: TYPE,
    audience: app.clientId,
    subject: appSession.sub,
    issuedAt,
    ttlSeconds: upToSessionEnd(TTL_SECONDS, appSession, issuedAt),
    claims: {
      ...claims,
      auth_time: Math.floor(appSession.authTime / 1000),
      acr: acrOf(appSession),
      amr: [...appSession.amr],
      sid: appSession.id,
      at_hash: await leftHalfOfHash(accessToken),
      ...(nonce !== null && { nonce }),
    },
  })
}

/** `at_hash` (section 3.1.3.6). Both algorithms hash with SHA-256. */
async function leftHalfOfHash(token: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', utf8(token))
  return toBase64Url(hash.slice(0, hash.byteLength / 2))
}

export interface IdTokenHint {
  readonly clientId: string
  readonly sub: string
  readonly sid: string | null
}

/**
 * The user that an `id_token_hint` names (section 3.1.2.1). The hint is one of our ID tokens, even an expired one.
 * Undefined for anything else, including our access tokens and logout tokens.
 */
export async function verifyIdTokenHint(
  deps: Deps,
  token: string,
): Promise<IdTokenHint | undefined> {
  const kid = keyIdOf(token)
  const found = kid === undefined ? undefined : await verifyingKey(deps, kid)
  if (!found) return undefined
  const payload = await authenticPayload(token, found)
  if (!payload || payload.iss !== deps.config.PUBLIC_URL) return undefined
  const { aud, sub, sid } = payload
  if (typeof aud !== 'string' || typeof sub !== 'string') return undefined
  return { clientId: aud, sub, sid: typeof sid === 'string' ? sid : null }
}

async function authenticPayload(
  token: string,
  { alg, key }: { alg: string; key: CryptoKey },
): Promise<JWTPayload | undefined> {
  try {
    const { payload, protectedHeader } = await compactVerify(token, key, { algorithms: [alg] })
    // Without this, an access token of the app would pass for the user's ID token.
    if (protectedHeader.typ !== TYPE) return undefined
    return JSON.parse(fromUtf8(payload)) as JWTPayload
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}
