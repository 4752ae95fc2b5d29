/** JWTs that Gatehouse signs: access tokens of its own and of apps, ID tokens, logout tokens. */
import { decodeProtectedHeader, SignJWT } from 'jose'
import type { Deps } from '../../context'
import { fromBase64Url } from '../../crypto/encoding'
import { type SigningAlgorithm, signingKey } from './signing-keys'

const MAX_TOKEN_CHARS = 4096

export interface NewJwt {
  readonly alg: SigningAlgorithm
  readonly typ: string
  readonly audience: string | string[]
  readonly subject: string
  readonly jti?: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
  readonly ttlSeconds: number
  /** They cannot replace those above. */
  readonly claims: Readonly<Record<string, unknown>>
}

export async function signJwt(deps: Deps, made: NewJwt): Promise<string> {
  const { kid, key } = await signingKey(deps, made.alg)
  return new SignJWT({
    ...made.claims,
    iss: deps.config.PUBLIC_URL,
    aud: made.audience,
    sub: made.subject,
    ...(made.jti !== undefined && { jti: made.jti }),
    iat: made.issuedAt,
    exp: made.issuedAt + made.ttlSeconds,
  })
    .setProtectedHeader({ alg: made.alg, typ: made.typ, kid })
    .sign(key)
}

/** The seconds of a lifetime that end with the session at the latest, and at least one. */
export const upToSessionEnd = (
  ttlSeconds: number,
  { expiresAt }: { readonly expiresAt: number },
  issuedAt: number,
): number => Math.max(1, Math.min(ttlSeconds, Math.floor(expiresAt / 1000) - issuedAt))

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
