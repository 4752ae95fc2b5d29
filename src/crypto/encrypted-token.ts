/**
 * Encrypted tokens: `<key id>.<base64url of nonce, ciphertext and tag>`. What an app receives must not show
 * which user's object it names, so that two apps cannot link one user. AES-256-GCM under a key of its kind
 * (by HKDF from the TOKEN_KEYS entry that the token names), so a token of one kind never passes for another,
 * and a forged one never reaches a Durable Object. Nothing is stored here.
 */
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from './encoding'
import type { KeyRing } from './key-ring'

/** The content of each kind. `subject` names the user's object. */
export interface EncryptedPayloads {
  /** An authorization code: its id in the object. */
  code: { subject: string; id: string }
  /** A refresh token of an app: the id of the app's session and the token's generation. */
  app_refresh: { subject: string; sid: string; n: number }
  /** The `jti` of an app's access token: the app's session. */
  app_access: { subject: string; sid: string }
  /** A device code: the row of the authorization that it polls for (RFC 8628). */
  device_code: { id: string }
}
export type EncryptedTokenKind = keyof EncryptedPayloads

const NONCE_BYTES = 12
const MAX_TOKEN_CHARS = 512

/** Encrypts with the newest key. Two tokens of one payload differ. */
export async function encryptToken<K extends EncryptedTokenKind>(
  keys: KeyRing,
  kind: K,
  payload: EncryptedPayloads[K],
): Promise<string> {
  const keyId = keys.ids[0]
  const key = await keys.aes(keyId, useOf(kind))
  if (!key) throw new Error('the newest token key must exist')
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
  const plain = utf8(JSON.stringify(payload))
  const ciphertext = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain)
  const bytes = new Uint8Array(NONCE_BYTES + ciphertext.byteLength)
  bytes.set(iv)
  bytes.set(new Uint8Array(ciphertext), NONCE_BYTES)
  return `${keyId}.${toBase64Url(bytes)}`
}

/** The payload of an authentic token of this kind; undefined for any other text. */
export async function decryptToken<K extends EncryptedTokenKind>(
  keys: KeyRing,
  kind: K,
  token: string,
): Promise<EncryptedPayloads[K] | undefined> {
  if (token.length > MAX_TOKEN_CHARS) return undefined
  const [keyId = '', text = '', ...rest] = token.split('.')
  const bytes = fromBase64Url(text)
  const key = await keys.aes(keyId, useOf(kind))
  if (!key || !bytes || bytes.length <= NONCE_BYTES || rest.length > 0) return undefined
  const algorithm = { name: 'AES-GCM', iv: bytes.slice(0, NONCE_BYTES) }
  try {
    const plain = await crypto.subtle.decrypt(algorithm, key, bytes.slice(NONCE_BYTES))
    // Authentic means that encryptToken made it, so it has the shape of its kind.
    return JSON.parse(fromUtf8(new Uint8Array(plain))) as EncryptedPayloads[K]
  } catch {
    return undefined
  }
}

const useOf = (kind: EncryptedTokenKind): string => `encrypted-token/${kind}`
