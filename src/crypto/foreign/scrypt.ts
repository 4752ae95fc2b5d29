/**
 * scrypt (RFC 7914) in three forms: PHC `$scrypt$ln=..,r=..,p=..$salt$hash` (passlib's too), Django's
 * `scrypt$N$salt$r$p$hash`, and Firebase's variant, in the string that Supabase and Hanko import:
 * `$fbscrypt$v=1,n=<mem_cost>,r=<rounds>,p=1,ss=<base64_salt_separator>,sk=<base64_signer_key>$<salt>$<hash>`.
 * Workers compute scrypt natively, up to N*r*p = 2^20.
 */
import { scryptSync } from 'node:crypto'
import { sameBytes, utf8 } from '../encoding'
import { decodeBase64, type HashProblem, isDigest, type ReadHash } from './format'

/** The platform's cap on N*r*p; about 240 ms of CPU. */
const MAX_COST = 2 ** 20
/** scrypt needs 128*N*r bytes: half of what an isolate has. */
const MAX_MEMORY_BYTES = 64 * 1024 * 1024

interface Parameters {
  readonly N: number
  readonly r: number
  readonly p: number
}

const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,4}),p=(\d{1,4})\$([^$]+)\$([^$]+)$/
const DJANGO = /^scrypt\$(\d{1,8})\$([^$]+)\$(\d{1,4})\$(\d{1,4})\$([^$]+)$/
const FIREBASE =
  /^\$fbscrypt\$v=1,n=(\d{1,2}),r=(\d{1,4}),p=(\d{1,4})(?:,ss=([^,$]+))?,sk=([^,$]+)\$([^$]+)\$([^$]+)$/

export const readScrypt: ReadHash = (stored) => {
  if (stored.startsWith('$scrypt$')) {
    const [, ln = '', r = '', p = '', salt = '', digest = ''] = PHC.exec(stored) ?? []
    return plain(parametersOf(2 ** Number(ln), r, p), decodeBase64(salt), decodeBase64(digest))
  }
  if (stored.startsWith('scrypt$')) {
    const [, N = '', salt = '', r = '', p = '', digest = ''] = DJANGO.exec(stored) ?? []
    return plain(parametersOf(Number(N), r, p), utf8(salt), decodeBase64(digest))
  }
  return undefined
}

export const readFirebaseScrypt: ReadHash = (stored) => {
  if (!stored.startsWith('$fbscrypt$')) return undefined
  const [, n = '', r = '', p = '', ss = '', sk = '', saltText = '', hash = ''] =
    FIREBASE.exec(stored) ?? []
  const parameters = parametersOf(2 ** Number(n), r, p)
  const separator = ss === '' ? new Uint8Array() : decodeBase64(ss)
  const [key, salt, digest] = [decodeBase64(sk), decodeBase64(saltText), decodeBase64(hash)]
  if (!salt || !separator || !isDigest(digest) || key?.length !== digest.length)
    return 'hash_malformed'
  if (typeof parameters === 'string') return parameters
  return {
    async verify(password) {
      const aesKey = derive(parameters, password, new Uint8Array([...salt, ...separator]), 32)
      return sameBytes(await encrypt(aesKey, key), digest)
    },
  }
}

function plain(
  parameters: Parameters | HashProblem,
  salt: Uint8Array | undefined,
  digest: Uint8Array | undefined,
): ReturnType<ReadHash> {
  if (!salt?.length || !isDigest(digest)) return 'hash_malformed'
  if (typeof parameters === 'string') return parameters
  return {
    verify: async (password) =>
      sameBytes(derive(parameters, password, salt, digest.length), digest),
  }
}

function parametersOf(N: number, rText: string, pText: string): Parameters | HashProblem {
  const [r, p] = [Number(rText), Number(pText)]
  if (N < 2 || !Number.isInteger(Math.log2(N)) || r < 1 || p < 1) return 'hash_malformed'
  if (N * r * p > MAX_COST || 128 * N * r > MAX_MEMORY_BYTES) return 'hash_too_costly'
  return { N, r, p }
}

const derive = (parameters: Parameters, password: string, salt: Uint8Array, bytes: number) =>
  new Uint8Array(
    scryptSync(utf8(password), salt, bytes, { ...parameters, maxmem: 2 * MAX_MEMORY_BYTES }),
  )

/** Firebase's last step: the project's signer key, encrypted by AES-256-CTR from a counter of zero. */
async function encrypt(keyBytes: Uint8Array<ArrayBuffer>, plaintext: Uint8Array<ArrayBuffer>) {
  const key = await crypto.subtle.importKey('raw', keyBytes, 'AES-CTR', false, ['encrypt'])
  const algorithm = { name: 'AES-CTR', counter: new Uint8Array(16), length: 128 }
  return new Uint8Array(await crypto.subtle.encrypt(algorithm, key, plaintext))
}
