/** Key rings for tests: `ring('k2', 'k1')` has k2 newest; the same id is always the same secret. */
import { type KeyRing, parseKeyRing } from '../../src/crypto/key-ring'

/** The secret behind an id. That of `k1` is the bytes (i * 37 + 11) mod 256. */
export const secretOf = (id: string): string => {
  const seed = id === 'k1' ? 11 : (id.codePointAt(1) ?? 0) * 7 + id.length
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + seed) % 256)
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
}

export const ringText = (...ids: string[]): string =>
  ids.map((id) => `${id}:${secretOf(id)}`).join(',')

export const ring = (...ids: string[]): KeyRing => parseKeyRing(ringText(...ids))

export const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.='

/** A text with one character replaced, by whatever numbers a generator gives. */
export function altered(text: string, at: number, by: number): string {
  const index = at % text.length
  const others = ALPHABET.replace(text[index] ?? '', '')
  return text.slice(0, index) + (others[by % others.length] ?? '') + text.slice(index + 1)
}
