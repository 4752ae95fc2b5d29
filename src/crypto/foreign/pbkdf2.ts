/**
 * PBKDF2 with HMAC-SHA-1, -256 or -512 (RFC 8018) in three forms: PHC `$pbkdf2-sha256$i=..,l=..$salt$hash`,
 * passlib's `$pbkdf2-sha256$rounds$salt$hash`, and Django's `pbkdf2_sha256$iterations$salt$hash`.
 * Workers refuse more than 100,000 iterations a call, by WebCrypto and node:crypto alike, one long
 * derivation cannot be cut into shorter ones, and in JavaScript 600,000 take 1.4 s: such hashes
 * (Django's since 2.1) are unsupported, and said to be so when they are imported.
 */
import { sameBytes, utf8 } from '../encoding'
import { decodeBase64, isDigest, type ReadHash } from './format'

const MAX_ITERATIONS = 100_000
const HASHES = new Map([
  ['sha1', 'SHA-1'],
  ['sha256', 'SHA-256'],
  ['sha512', 'SHA-512'],
])

const TAIL = String.raw`\$(?<salt>[^$]+)\$(?<digest>[^$]+)$`
const PHC = RegExp(
  String.raw`^\$pbkdf2-(?<hash>\w+)\$i=(?<iterations>\d{1,9})(?:,l=(?<length>\d{1,3}))?${TAIL}`,
)
const PASSLIB = RegExp(String.raw`^\$pbkdf2(?:-(?<hash>\w+))?\$(?<iterations>\d{1,9})${TAIL}`)
const DJANGO = RegExp(String.raw`^pbkdf2_(?<hash>\w+)\$(?<iterations>\d{1,9})${TAIL}`)

interface Parts {
  readonly hash: string | undefined
  readonly iterations: number
  readonly salt: Uint8Array | undefined
  readonly digest: Uint8Array | undefined
}

export const readPbkdf2: ReadHash = (stored) => {
  if (!/^(?:\$pbkdf2[$-]|pbkdf2_)/.test(stored)) return undefined
  const parts = partsOf(stored)
  if (!parts) return 'hash_malformed'
  const { hash, iterations, salt, digest } = parts
  if (iterations < 1 || !salt || !isDigest(digest)) return 'hash_malformed'
  if (hash === undefined || iterations > MAX_ITERATIONS) return 'hash_unsupported'
  return {
    async verify(password) {
      const key = await crypto.subtle.importKey('raw', utf8(password), 'PBKDF2', false, [
        'deriveBits',
      ])
      const algorithm = { name: 'PBKDF2', hash, salt, iterations }
      const derived = await crypto.subtle.deriveBits(algorithm, key, digest.length * 8)
      return sameBytes(new Uint8Array(derived), digest)
    },
  }
}

function partsOf(stored: string): Parts | undefined {
  const phc = PHC.exec(stored)
  const django = DJANGO.exec(stored)
  const match = phc ?? django ?? PASSLIB.exec(stored)
  if (!match?.groups) return undefined
  const { hash = 'sha1', iterations, length, salt = '', digest: text = '' } = match.groups
  const digest = decodeBase64(text)
  if (length !== undefined && Number(length) !== digest?.length) return undefined
  return {
    hash: HASHES.get(hash),
    iterations: Number(iterations),
    // Django hashes the salt's own characters, the others what it decodes to.
    salt: django ? utf8(salt) : decodeBase64(salt),
    digest,
  }
}
