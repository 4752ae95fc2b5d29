/**
 * PBKDF2 with HMAC-SHA-1, -256 or -512 (RFC 8018) in the formats of PHC
 * `$pbkdf2-sha256$i=..,l=..$salt$hash`, passlib `$pbkdf2-sha256$rounds$salt$hash` (as
 * `{PBKDF2-SHA256}rounds$salt$hash` for LDAP), Django `pbkdf2_sha256$iterations$salt$hash`, and
 * Werkzeug (Flask) `pbkdf2:sha256:iterations$salt$hex`.
 * Workers reject more than 100,000 iterations in a call, by WebCrypto and by node:crypto. One long
 * derivation cannot be split into shorter ones, and 600,000 iterations in JavaScript take 1.4 s. So
 * such hashes (Django's since 2.1) are unsupported, and an import says so.
 */
import { sameBytes, utf8 } from '../encoding'
import {
  decodeBase64,
  decodeHex,
  type ForeignHash,
  type HashProblem,
  isDigest,
  type ReadHash,
} from './format'

const MAX_ITERATIONS = 100_000
/** The CPU time of that many iterations with SHA-512, the slowest. */
const MAX_COST_MS = 40
const HASHES = new Map([
  ['sha1', 'SHA-1'],
  ['sha256', 'SHA-256'],
  ['sha512', 'SHA-512'],
])

const TAIL = String.raw`\$(?<salt>[^$]+)\$(?<digest>[^$]+)$`
const PHC = RegExp(
  String.raw`^\$pbkdf2-(?<hash>\w+)\$i=(?<iterations>\d{1,9})(?:,l=(?<length>\d{1,3}))?${TAIL}`,
)
const PASSLIB = RegExp(
  String.raw`^(?:\$pbkdf2(?:-(?<hash>\w+))?\$|\{PBKDF2(?:-(?<ldap>\w+))?\})(?<iterations>\d{1,9})${TAIL}`,
)
const DJANGO = RegExp(String.raw`^pbkdf2_(?<hash>\w+)\$(?<iterations>\d{1,9})${TAIL}`)
const WERKZEUG = RegExp(String.raw`^pbkdf2:(?<hash>\w+):(?<iterations>\d{1,9})${TAIL}`)

interface Parts {
  readonly hash: string | undefined
  readonly iterations: number
  readonly salt: Uint8Array | undefined
  readonly digest: Uint8Array | undefined
}

export const readPbkdf2: ReadHash = (stored) => {
  if (!/^(?:\$pbkdf2[$-]|pbkdf2[_:]|\{PBKDF2(?:-\w+)?\}\d+\$)/.test(stored)) return undefined
  const parts = partsOf(stored)
  return parts ? pbkdf2(parts) : 'hash_malformed'
}

/** The hash with these parts, whatever its format was. */
export function pbkdf2({ hash, iterations, salt, digest }: Parts): ForeignHash | HashProblem {
  if (iterations < 1 || !salt || !isDigest(digest)) return 'hash_malformed'
  if (hash === undefined || iterations > MAX_ITERATIONS) return 'hash_unsupported'
  return {
    costMs: (MAX_COST_MS * iterations) / MAX_ITERATIONS,
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
  const werkzeug = WERKZEUG.exec(stored)
  // Django and Werkzeug hash the characters of the salt, the others the bytes that it decodes to.
  const literal = werkzeug ?? DJANGO.exec(stored)
  const match = literal ?? PHC.exec(stored) ?? PASSLIB.exec(stored)
  if (!match?.groups) return undefined
  const { hash, ldap, iterations, length, salt = '', digest: text = '' } = match.groups
  const digest = werkzeug ? decodeHex(text) : decodeBase64(text)
  if (length !== undefined && Number(length) !== digest?.length) return undefined
  return {
    hash: HASHES.get(hash ?? ldap?.toLowerCase() ?? 'sha1'),
    iterations: Number(iterations),
    salt: literal ? utf8(salt) : decodeBase64(salt),
    digest,
  }
}
