/** Conversions between bytes and text that all of crypto/ uses. */

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const utf8 = (text: string): Uint8Array<ArrayBuffer> =>
  encoder.encode(text) as Uint8Array<ArrayBuffer>
/** Throws TypeError on bytes that are not UTF-8. */
export const fromUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes)

/** base64url without padding (RFC 4648 section 5). */
export const toBase64Url = (bytes: ArrayBuffer | Uint8Array): string =>
  (bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)).toBase64({
    alphabet: 'base64url',
    omitPadding: true,
  })

/** Undefined unless the text is base64url in its canonical form (no padding, no unused bits set). */
export function fromBase64Url(text: string): Uint8Array | undefined {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: 'base64url' })
    return toBase64Url(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}

/** 128 random bits as 22 characters of base64url. */
export const randomId = (): string => toBase64Url(crypto.getRandomValues(new Uint8Array(16)))

/** Compares in constant time: the time depends on the lengths, but not on where the bytes differ. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && crypto.subtle.timingSafeEqual(a, b)

export const sha256 = async (text: string): Promise<string> =>
  toBase64Url(await crypto.subtle.digest('SHA-256', utf8(text)))
