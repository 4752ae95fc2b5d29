/**
 * The text of an API key: `ghk_<id>_<secret>`, 128 random bits to find it by and 256 to prove it. The
 * prefix tells secret scanners what they have found, and the guard that this is no access token.
 */
import { randomId, sha256, toBase64Url } from '../crypto/encoding'

const PREFIX = 'ghk_'
const SECRET_BYTES = 32
/** By their lengths: base64url has underscores of its own. */
const SHAPE = /^ghk_([\w-]{22})_([\w-]{43})$/

export const isApiKey = (token: string): boolean => token.startsWith(PREFIX)

export interface NewApiKey {
  readonly id: string
  /** Shown once and stored nowhere. */
  readonly token: string
  readonly secretHash: string
}

export async function newApiKey(): Promise<NewApiKey> {
  const id = randomId()
  const secret = toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
  return { id, token: `${PREFIX}${id}_${secret}`, secretHash: await sha256(secret) }
}

/** The parts of a key's text; undefined for any other shape. */
export function partsOf(token: string): { id: string; secret: string } | undefined {
  const [, id, secret] = SHAPE.exec(token) ?? []
  return id === undefined || secret === undefined ? undefined : { id, secret }
}
