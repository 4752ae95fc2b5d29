/**
 * Encryption of single values at rest: AES-256-GCM, a fresh 96-bit nonce each, bound by additional
 * data to the place it stands in, so a ciphertext moved to another row or column does not open.
 * Stored form: `<key id>.<nonce>.<ciphertext and tag>`, base64url.
 */
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from './encoding'
import type { KeyRing } from './key-ring'

const NONCE_BYTES = 12
const USE = 'secret-box'

/** The additional authenticated data of a value: its table, column and row, e.g. `users.two_factor_secret/<subject>`. */
export type Aad = `${string}.${string}/${string}`

const algorithm = (nonce: Uint8Array, aad: Aad) => ({
  name: 'AES-GCM',
  iv: nonce,
  additionalData: utf8(aad),
})

/** Encrypts under the newest data key. */
export async function lock(keys: KeyRing, aad: Aad, plain: string): Promise<string> {
  const keyId = keys.ids[0]
  const key = await keys.aes(keyId, USE)
  if (!key) throw new Error('the newest data key must exist')
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
  const sealed = await crypto.subtle.encrypt(algorithm(nonce, aad), key, utf8(plain))
  return `${keyId}.${toBase64Url(nonce)}.${toBase64Url(sealed)}`
}

/** Opens what `lock` made for this very place. Throws when the key is gone or anything was altered. */
export async function unlock(keys: KeyRing, aad: Aad, locked: string): Promise<string> {
  const [keyId = '', nonceText = '', sealedText = '', ...rest] = locked.split('.')
  const key = await keys.aes(keyId, USE)
  const nonce = fromBase64Url(nonceText)
  const sealed = fromBase64Url(sealedText)
  if (!key || !nonce || !sealed || rest.length > 0)
    throw new Error(`cannot decrypt ${aad.split('/')[0]}: no such key`)
  return fromUtf8(new Uint8Array(await crypto.subtle.decrypt(algorithm(nonce, aad), key, sealed)))
}

/** The id of the key that a stored value was made with, for re-encryption and for counting. */
export const keyIdOf = (locked: string): string => locked.slice(0, locked.indexOf('.'))
