/**
 * The format of an API key: `ghk_<id>_<secret>`, with 128 random bits to look it up and 256 to
 * prove it. The prefix lets secret scanners recognize a key, and shows the guard that it is not an
 * access token.
 */
import { randomId, sha256, toBase64Url } from '../crypto/encoding'

const PREFIX = 'ghk_'
const SECRET_BYTES = 32
/** Split by length, because base64url itself contains underscores. */
const SHAPE = /^ghk_([\w-]{22})_([\w-]{43})$/

export const isApiKey = (token: string): boolean => token.startsWith(PREFIX)

export interface NewApiKey {
  readonly id: string
  /** Shown once and never stored. */
  readonly token: string
  readonly secretHash: string
}

export async function newApiKey(): Promise<NewApiKey> {
  const id = randomId()
  const secret = toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
  return { id, token: `${PREFIX}${id}_${secret}`, secretHash: await sha256(secret) }
}

/** The id and the secret of a key; undefined for any other text. */
export function partsOf(token: string): { id: string; secret: string } | undefined {
  const [, id, secret] = SHAPE.exec(token) ?? []
  return id === undefined || secret === undefined ? undefined : { id, secret }
}
