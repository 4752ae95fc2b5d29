/**
 * What a format of foreign password hashes provides: a reader that looks only at the stored text,
 * bounds its parameters, and returns how to verify a password, or why that is impossible. Nothing
 * is computed before the parameters are known to be affordable.
 */

export interface ForeignHash {
  /** CPU time of one verification on Workers in milliseconds, estimated from the parameters. */
  readonly costMs: number
  /** Compares as the other system did, even the empty password, so callers reject that one first. */
  verify(password: string): Promise<boolean>
  /**
   * False if the scheme truncated, trimmed or folded this password before hashing, so that other
   * texts verify too. Absent if the scheme always hashes the whole password.
   */
  seesWhole?(password: string): boolean
}

/** Public codes, so that an import can reject a hash right away. */
export type HashProblem =
  | 'hash_malformed'
  | 'hash_too_costly' // more memory or CPU than one sign-in may spend
  | 'hash_unsupported' // a scheme we do not know, or one that Workers cannot compute

/** Undefined if the text is not in this format at all. */
export type ReadHash = (stored: string) => ForeignHash | HashProblem | undefined

/** Shorter digests could match by chance; longer ones would only cost time. */
const MIN_DIGEST_BYTES = 16
const MAX_DIGEST_BYTES = 64

export const isDigest = (bytes: Uint8Array | undefined): bytes is Uint8Array<ArrayBuffer> =>
  bytes !== undefined && bytes.length >= MIN_DIGEST_BYTES && bytes.length <= MAX_DIGEST_BYTES

/**
 * Base64 in the variants that these formats use: standard, URL-safe (Firebase's Admin SDK) and
 * passlib's with `.` for `+`, padded or not. Undefined for anything else, including the empty text
 * and a text with unused bits set in its last character, which no encoder writes.
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

/** Hexadecimal in upper or lower case; undefined for anything else. */
export function decodeHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^(?:[0-9a-f]{2})+$/i.test(text)) return undefined
  return Uint8Array.fromHex(text)
}
