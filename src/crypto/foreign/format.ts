/**
 * What a format of foreign password hashes is to the rest: a reader that looks at the stored text
 * alone, bounds its parameters, and gives back how to verify a password, or why it never will.
 * Nothing is computed before the parameters are known to be affordable.
 */

export interface ForeignHash {
  /** CPU of one verification on Workers in milliseconds, estimated from the parameters. */
  readonly costMs: number
  /** Compares as the other system did, the empty password too: callers refuse that one before. */
  verify(password: string): Promise<boolean>
  /**
   * False where the scheme cut, trimmed or folded this password before hashing, so that other texts
   * verify as well. Without it, the scheme sees every password whole.
   */
  seesWhole?(password: string): boolean
}

/** Public codes, for the import to refuse a hash at the door. */
export type HashProblem =
  | 'hash_malformed'
  | 'hash_too_costly' // more memory or CPU than one sign-in may spend
  | 'hash_unsupported' // a scheme we do not know, or one that Workers cannot compute

/** undefined when the text is not of this format at all. */
export type ReadHash = (stored: string) => ForeignHash | HashProblem | undefined

/** Shorter digests could be met by chance; longer ones would only cost. */
const MIN_DIGEST_BYTES = 16
const MAX_DIGEST_BYTES = 64

export const isDigest = (bytes: Uint8Array | undefined): bytes is Uint8Array<ArrayBuffer> =>
  bytes !== undefined && bytes.length >= MIN_DIGEST_BYTES && bytes.length <= MAX_DIGEST_BYTES

/**
 * Base64 in the spellings that these formats use: standard, URL-safe (Firebase's Admin SDK) and
 * passlib's with `.` for `+`, padded or not. undefined for anything else: no text, or one whose last
 * character has spare bits set, which no encoder writes.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const standard = text
    .replace(/[-.]/g, '+')
    .replaceAll('_', '/')
    .replace(/={1,2}$/, '')
  if (!/^[A-Za-z0-9+/]+$/.test(standard)) return undefined
  try {
    const bytes = Uint8Array.fromBase64(standard)
    return bytes.toBase64({ omitPadding: true }) === standard ? bytes : undefined
  } catch {
    return undefined
  }
}

/** Hexadecimal in either case; undefined for anything else. */
export function decodeHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^(?:[0-9a-f]{2})+$/i.test(text)) return undefined
  return Uint8Array.fromHex(text)
}
