/**
 * Encrypts single values at rest: AES-256-GCM with a new 96-bit nonce for each. The AAD is the
 * table, column and row of the value, so a ciphertext that was moved to another row or column
 * cannot be decrypted (test/crypto/encrypt.test.ts).
 * Stored form: `<key id>.<nonce>.<ciphertext and tag>`, base64url.
 */
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from './encoding'
import type { KeyRing } from './key-ring'

const NONCE_BYTES = 12
const USE = 'secret-box'

/** The AAD: table, column and row of the value, e.g. `users.two_factor_secret/<subject>`. */
export type Aad = `${string}.${string}/${string}`

const algorithm = (nonce: Uint8Array, aad: Aad) => ({
  name: 'AES-GCM',
  iv: nonce,
  additionalData: utf8(aad),
})

/** Encrypts with the newest data key. */
export async function encrypt(keys: KeyRing, aad: Aad, plain: string): Promise<string> {
  const keyId = keys.ids[0]
  const key = await keys.aes(keyId, USE)
  if (!key) throw new Error('the newest data key must exist')
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
  const ciphertext = await crypto.subtle.encrypt(algorithm(nonce, aad), key, utf8(plain))
  return `${keyId}.${toBase64Url(nonce)}.${toBase64Url(ciphertext)}`
}

/**
 * Decrypts what `encrypt` encrypted for the same place. Throws if the key was dropped, or if the value
 * was altered or moved.
 */
export async function decrypt(keys: KeyRing, aad: Aad, encrypted: string): Promise<string> {
  const [keyId = '', nonceText = '', ciphertextText = '', ...rest] = encrypted.split('.')
  const key = await keys.aes(keyId, USE)
  const nonce = fromBase64Url(nonceText)
  const ciphertext = fromBase64Url(ciphertextText)
  if (!key || !nonce || !ciphertext || rest.length > 0)
    throw new Error(`cannot decrypt ${aad.split('/')[0]}: no such key`)
  return fromUtf8(
    new Uint8Array(await crypto.subtle.decrypt(algorithm(nonce, aad), key, ciphertext)),
  )
}

/** The id of the key that a value is encrypted with, for re-encryption and to count keys in use. */
export const keyIdOf = (encrypted: string): string => encrypted.slice(0, encrypted.indexOf('.'))
