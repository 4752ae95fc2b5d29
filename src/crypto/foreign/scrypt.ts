/**
 * scrypt (RFC 7914) in the formats of PHC and passlib `$scrypt$ln=..,r=..,p=..$salt$hash`, Django
 * `scrypt$N$salt$r$p$hash`, Werkzeug (Flask) `scrypt:N:r:p$salt$hex`, Spring Security
 * `$<parameters>$salt$hash`, and better-auth `<hex salt>:<hex key>`. Workers compute scrypt
 * natively, up to N*r*p = 2^20.
 */
import { scryptSync } from 'node:crypto'
import { sameBytes, utf8 } from '../encoding'
import { decodeBase64, decodeHex, type HashProblem, isDigest, type ReadHash } from './format'

/** The platform's limit for N*r*p. */
const MAX_COST = 2 ** 20
/** The CPU time of that cost. */
const MAX_COST_MS = 240
/** scrypt needs 128*N*r bytes. The limit is half of an isolate's memory. */
const MAX_MEMORY_BYTES = 64 * 1024 * 1024

export interface Parameters {
  readonly N: number
  readonly r: number
  readonly p: number
}

const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,4}),p=(\d{1,4})\$([^$]+)\$([^$]+)$/
const DJANGO = /^scrypt\$(\d{1,8})\$([^$]+)\$(\d{1,4})\$(\d{1,4})\$([^$]+)$/
const WERKZEUG = /^scrypt:(\d{1,8}):(\d{1,4}):(\d{1,4})\$([^$]+)\$([^$]+)$/
/** One hexadecimal number: log2 of N, then r and p with two digits each. */
const SPRING = /^\$([0-9a-f]{1,2})([0-9a-f]{2})([0-9a-f]{2})\$([^$]+)\$([^$]+)$/
/** The salt is the 32 characters themselves, not the bytes that they encode. */
const BETTER_AUTH = /^([0-9a-f]{32}):([0-9a-f]{128})$/i

export const readScrypt: ReadHash = (stored) => {
  if (stored.startsWith('$scrypt$')) {
    const [, ln = '', r = '', p = '', salt = '', digest = ''] = PHC.exec(stored) ?? []
    return plain(parametersOf(2 ** Number(ln), r, p), decodeBase64(salt), decodeBase64(digest))
  }
  if (stored.startsWith('scrypt$')) {
    const [, N = '', salt = '', r = '', p = '', digest = ''] = DJANGO.exec(stored) ?? []
    return plain(parametersOf(Number(N), r, p), utf8(salt), decodeBase64(digest))
  }
  if (stored.startsWith('scrypt:')) {
    const [, N = '', r = '', p = '', salt = '', digest = ''] = WERKZEUG.exec(stored) ?? []
    return plain(parametersOf(Number(N), r, p), utf8(salt), decodeHex(digest))
  }
  const [, ln, springR = '', springP = '', springSalt = '', springDigest = ''] =
    SPRING.exec(stored) ?? []
  if (ln !== undefined) {
    const [N, r, p] = [2 ** Number(`0x${ln}`), `0x${springR}`, `0x${springP}`]
    return plain(parametersOf(N, r, p), decodeBase64(springSalt), decodeBase64(springDigest))
  }
  const [, salt, key = ''] = BETTER_AUTH.exec(stored) ?? []
  if (salt === undefined) return undefined
  return plain({ N: 16_384, r: 16, p: 1 }, utf8(salt), decodeHex(key), 'NFKC')
}

function plain(
  parameters: Parameters | HashProblem,
  salt: Uint8Array | undefined,
  digest: Uint8Array | undefined,
  form?: 'NFKC',
): ReturnType<ReadHash> {
  if (!salt?.length || !isDigest(digest)) return 'hash_malformed'
  if (typeof parameters === 'string') return parameters
  const prepare = (password: string) => (form ? password.normalize(form) : password)
  return {
    costMs: costMs(parameters),
    verify: async (password) =>
      sameBytes(derive(parameters, prepare(password), salt, digest.length), digest),
    // NFKC turns `ﬁ` into `fi`; our own hashes distinguish the two.
    ...(form && { seesWhole: (text) => text.normalize(form) === text.normalize('NFC') }),
  }
}

export function parametersOf(N: number, rText: string, pText: string): Parameters | HashProblem {
  const [r, p] = [Number(rText), Number(pText)]
  if (N < 2 || !Number.isInteger(Math.log2(N)) || r < 1 || p < 1) return 'hash_malformed'
  if (N * r * p > MAX_COST || 128 * N * r > MAX_MEMORY_BYTES) return 'hash_too_costly'
  return { N, r, p }
}

export const costMs = ({ N, r, p }: Parameters): number => (MAX_COST_MS * N * r * p) / MAX_COST

export const derive = (
  parameters: Parameters,
  password: string,
  salt: Uint8Array,
  bytes: number,
): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    scryptSync(utf8(password), salt, bytes, { ...parameters, maxmem: 2 * MAX_MEMORY_BYTES }),
  )
