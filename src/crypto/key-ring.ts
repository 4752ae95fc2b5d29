/**
 * A key ring: secrets with ids, newest first, as `id:base64url,id:base64url,...`. The first entry
 * signs and encrypts; every listed entry still verifies and decrypts. Each use derives its own key
 * from an entry by HKDF-SHA-256 (RFC 5869) with the use as `info`, so no two uses share a key.
 */

export interface KeyRing {
  /** Key ids, newest first. */
  readonly ids: readonly [string, ...string[]]
  has(id: string): boolean
  /** The HMAC-SHA-256 key for one use; undefined if the id is not listed. */
  hmac(id: string, use: string): Promise<CryptoKey> | undefined
  /** The AES-256-GCM key for one use; undefined if the id is not listed. */
  aes(id: string, use: string): Promise<CryptoKey> | undefined
}

const MIN_SECRET_BYTES = 32
const ID = /^[A-Za-z0-9]{1,16}$/

/** Says what is wrong with a key ring. The message can be logged: it never contains the secret. */
export class KeyRingError extends Error {
  override readonly name = 'KeyRingError'
}

function parseEntry(entry: string): [string, Uint8Array] {
  const [id = '', text, ...rest] = entry.trim().split(':')
  // Does not name the entry: without the colon, the secret itself can look like an id.
  if (!ID.test(id) || text === undefined || rest.length > 0) {
    throw new KeyRingError('entries read id:base64url')
  }
  let secret: Uint8Array
  try {
    secret = Uint8Array.fromBase64(text, { alphabet: 'base64url' })
  } catch {
    throw new KeyRingError(`entry ${id} is not base64url`)
  }
  if (secret.length < MIN_SECRET_BYTES) {
    throw new KeyRingError(`entry ${id} is shorter than ${MIN_SECRET_BYTES} bytes`)
  }
  if (isSample(secret)) throw new KeyRingError(`entry ${id} is a sample, not random`)
  return [id, secret]
}

/** Detects bytes that are not random: few different ones, repetition, counting, readable text. */
function isSample(secret: Uint8Array): boolean {
  const repeatsAfter = (period: number) =>
    secret.every((byte, i) => i < period || byte === secret[i - period])
  const periods = Array.from({ length: secret.length / 2 }, (_, i) => i + 1)
  return (
    new Set(secret).size < secret.length / 3 ||
    periods.some(repeatsAfter) ||
    secret.every((byte, i) => i === 0 || byte === (secret[i - 1] ?? 0) + 1) ||
    secret.every((byte) => byte >= 0x20 && byte < 0x7f)
  )
}

/** Parses a key ring. Keys are derived at their first use and cached. Throws KeyRingError. */
export function parseKeyRing(text: string): KeyRing {
  const entries = text.split(',').map(parseEntry)
  const secrets = new Map(entries)
  if (secrets.size !== entries.length) throw new KeyRingError('an id stands twice')
  const [first, ...others] = entries.map(([id]) => id)
  if (first === undefined) throw new KeyRingError('the ring is empty')

  const derived = new Map<string, Promise<CryptoKey>>()
  const derive = (id: string, use: string, algorithm: HkdfTarget, usages: string[]) => {
    const secret = secrets.get(id)
    if (!secret) return undefined
    const name = `${id}/${use}/${algorithm.name}`
    let key = derived.get(name)
    if (!key) {
      key = hkdf(secret, use, algorithm, usages)
      derived.set(name, key)
    }
    return key
  }
  return {
    ids: [first, ...others],
    has: (id) => secrets.has(id),
    hmac: (id, use) => derive(id, use, HMAC, ['sign', 'verify']),
    aes: (id, use) => derive(id, use, AES, ['encrypt', 'decrypt']),
  }
}

type HkdfTarget = { name: string; length: number; hash?: string }
const HMAC: HkdfTarget = { name: 'HMAC', hash: 'SHA-256', length: 256 }
const AES: HkdfTarget = { name: 'AES-GCM', length: 256 }

async function hkdf(secret: Uint8Array, use: string, target: HkdfTarget, usages: string[]) {
  const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
  const info = new TextEncoder().encode(`gatehouse/${use}`)
  const params = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(32), info }
  return crypto.subtle.deriveKey(params, base, target, false, usages)
}
