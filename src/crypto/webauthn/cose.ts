/**
 * Public keys and signatures of WebAuthn: COSE keys (RFC 9052 section 7, RFC 9053 section 7, RFC
 * 8230 section 4) become JWKs, which WebCrypto imports, and signatures get the form that it verifies.
 */
import type { CBORType } from '@levischuck/tiny-cbor'
import { toBase64Url } from '../encoding'
import { fromDer } from './ecdsa-signature'
import { WebAuthnError } from './problem'

type CoseKey = ReadonlyMap<string | number, CBORType>

interface Algorithm {
  /** The JWK, with its members in the order of RFC 7638. Throws WebAuthnError. */
  readonly toJwk: (key: CoseKey) => Record<string, string>
  readonly importAs: SubtleCryptoImportKeyAlgorithm
  readonly verifyAs: SubtleCryptoSignAlgorithm
  /** The signature as WebCrypto wants it; undefined if it is malformed. */
  readonly toRaw: (signature: Uint8Array) => Uint8Array | undefined
}

const KTY = 1
const ALG = 3
/** Of elliptic curve keys: the curve, x and y. Of RSA keys, -1 and -2 are n and e. */
const [CRV, X, Y] = [-1, -2, -3]
const [N, E] = [-1, -2]
const [OKP, EC2, RSA] = [1, 2, 3]
const ED25519 = 6

const MIN_RSA_BITS = 2048
/** What a sign-in may cost: verifying takes the square of the length. */
const MAX_RSA_BITS = 4096
/** 65537, the only exponent that authenticators use. */
const EXPONENT = 'AQAB'

const ALGORITHMS: ReadonlyMap<number, Algorithm> = new Map([
  [-7, ecdsa('P-256', 1, 32, 'SHA-256')],
  [-257, rs256()],
  [-8, eddsa()],
  [-35, ecdsa('P-384', 2, 48, 'SHA-384')],
  [-36, ecdsa('P-521', 3, 66, 'SHA-512')],
])

/** The COSE algorithms that are verified here, in the order in which creation asks for them. */
export const COSE_ALGORITHMS: readonly number[] = [...ALGORITHMS.keys()]

/**
 * Reads a credential public key (WebAuthn Level 3, section 6.5.1) and lets WebCrypto check it. Throws
 * WebAuthnError for a key that could not verify a signature later, and for one with optional members,
 * which that section forbids.
 */
export async function readCoseKey(
  value: CBORType,
): Promise<{ algorithm: number; publicKey: string }> {
  if (!(value instanceof Map)) throw new WebAuthnError('malformed_public_key')
  const alg = value.get(ALG)
  const algorithm = typeof alg === 'number' ? ALGORITHMS.get(alg) : undefined
  if (typeof alg !== 'number' || !algorithm) throw new WebAuthnError('unsupported_algorithm')
  const publicKey = JSON.stringify(algorithm.toJwk(value))
  await importKey(algorithm, publicKey)
  return { algorithm: alg, publicKey }
}

/** Throws WebAuthnError unless the signature (section 6.5.5) over the data is right. */
export async function verifySignature(
  key: { readonly algorithm: number; readonly publicKey: string },
  signature: Uint8Array,
  data: Uint8Array,
): Promise<void> {
  const algorithm = ALGORITHMS.get(key.algorithm)
  if (!algorithm) throw new WebAuthnError('unsupported_algorithm')
  const raw = algorithm.toRaw(signature)
  if (!raw) throw new WebAuthnError('malformed_signature')
  const imported = await importKey(algorithm, key.publicKey)
  const isRight = await crypto.subtle.verify(algorithm.verifyAs, imported, raw, data)
  if (!isRight) throw new WebAuthnError('wrong_signature')
}

async function importKey(algorithm: Algorithm, publicKey: string): Promise<CryptoKey> {
  try {
    const jwk = JSON.parse(publicKey) as JsonWebKey
    return await crypto.subtle.importKey('jwk', jwk, algorithm.importAs, false, ['verify'])
  } catch {
    throw new WebAuthnError('malformed_public_key')
  }
}

function ecdsa(namedCurve: string, curve: number, size: number, hash: string): Algorithm {
  return {
    toJwk: (key) => {
      expectMembers(key, EC2, 5)
      if (key.get(CRV) !== curve) throw new WebAuthnError('wrong_curve')
      const [x, y] = [bytesOf(key, X, size), bytesOf(key, Y, size)]
      return { crv: namedCurve, kty: 'EC', x: toBase64Url(x), y: toBase64Url(y) }
    },
    importAs: { name: 'ECDSA', namedCurve },
    verifyAs: { name: 'ECDSA', hash },
    toRaw: (signature) => fromDer(signature, size),
  }
}

/** Ed25519 alone. The algorithm -8 may name Ed448 as well, which WebCrypto lacks. */
function eddsa(): Algorithm {
  return {
    toJwk: (key) => {
      expectMembers(key, OKP, 4)
      if (key.get(CRV) !== ED25519) throw new WebAuthnError('wrong_curve')
      return { crv: 'Ed25519', kty: 'OKP', x: toBase64Url(bytesOf(key, X, 32)) }
    },
    importAs: { name: 'Ed25519' },
    verifyAs: { name: 'Ed25519' },
    toRaw: (signature) => (signature.length === 64 ? signature : undefined),
  }
}

function rs256(): Algorithm {
  return {
    toJwk: (key) => {
      expectMembers(key, RSA, 4)
      const n = bytesOf(key, N)
      const bits = n.length * 8 - Math.clz32(n[0] ?? 0) + 24
      const e = toBase64Url(bytesOf(key, E))
      // A leading zero byte is not the shortest form, and would make the length look right.
      if (n[0] === 0 || bits < MIN_RSA_BITS || bits > MAX_RSA_BITS || e !== EXPONENT) {
        throw new WebAuthnError('malformed_public_key')
      }
      return { e, kty: 'RSA', n: toBase64Url(n) }
    },
    importAs: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    verifyAs: { name: 'RSASSA-PKCS1-v1_5' },
    toRaw: (signature) => (signature.length <= MAX_RSA_BITS / 8 ? signature : undefined),
  }
}

function expectMembers(key: CoseKey, kty: number, count: number): void {
  if (key.get(KTY) !== kty || key.size !== count) throw new WebAuthnError('malformed_public_key')
}

/** Fixed sizes keep leading zeros (RFC 9053 section 7.1.1). A compressed point has a boolean as y. */
function bytesOf(key: CoseKey, label: number, size?: number): Uint8Array {
  const value = key.get(label)
  if (!(value instanceof Uint8Array) || (size !== undefined && value.length !== size)) {
    throw new WebAuthnError('malformed_public_key')
  }
  return value
}
