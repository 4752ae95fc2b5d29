/** Bytes of WebAuthn as an authenticator makes them: COSE keys, signatures, and what those are made of. */
import { encodeCBOR } from '@levischuck/tiny-cbor'

export type Bytes = Uint8Array<ArrayBuffer>

/** COSE algorithms with what WebCrypto calls them and, of the curves, the COSE number. */
export const ALGORITHMS = {
  [-7]: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256', curve: 1 },
  [-35]: { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384', curve: 2 },
  [-36]: { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512', curve: 3 },
  [-8]: { name: 'Ed25519', curve: 6 },
  [-257]: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
  },
} as const
export type Cose = keyof typeof ALGORITHMS

/** Of WebCrypto. Not every TypeScript library has a name for it. */
export interface KeyPair {
  readonly publicKey: InstanceType<typeof CryptoKey>
  readonly privateKey: InstanceType<typeof CryptoKey>
}

interface CoseKeyPair {
  readonly algorithm: Cose
  readonly keys: KeyPair
}

/** The public key as a COSE key in canonical CBOR. */
export async function coseKey({ algorithm, keys }: CoseKeyPair): Promise<Bytes> {
  const jwk = (await crypto.subtle.exportKey('jwk', keys.publicKey)) as {
    [name in 'n' | 'e' | 'x' | 'y']?: string
  }
  const part = (text = '') => fromBase64Url(text)
  const known = ALGORITHMS[algorithm]
  const isRsa = known.name === 'RSASSA-PKCS1-v1_5'
  const isCurve = known.name === 'ECDSA'
  const key = new Map<number, number | Bytes>()
  key.set(1, isRsa ? 3 : isCurve ? 2 : 1).set(3, algorithm)
  if (isRsa) key.set(-1, part(jwk.n)).set(-2, part(jwk.e))
  else key.set(-1, known.curve).set(-2, part(jwk.x))
  if (isCurve) key.set(-3, part(jwk.y))
  return encodeCBOR(key) as Bytes
}

/** Signs as WebAuthn Level 3, section 6.5.5, says. */
export async function sign({ algorithm, keys }: CoseKeyPair, data: Bytes): Promise<Bytes> {
  const known = ALGORITHMS[algorithm]
  const raw = new Uint8Array(await crypto.subtle.sign(known, keys.privateKey, data))
  return known.name === 'ECDSA' ? toDer(raw) : raw
}

/** r and s as a sequence of two DER integers. */
export function toDer(raw: Bytes): Bytes {
  const half = raw.length / 2
  const integers = join(...[raw.subarray(0, half), raw.subarray(half)].map(derInteger))
  const length = integers.length < 128 ? [integers.length] : [0x81, integers.length]
  return join(Uint8Array.of(0x30, ...length), integers)
}

function derInteger(number: Bytes): Bytes {
  const bytes = number.subarray(number.findIndex((byte) => byte !== 0))
  const signed = (bytes[0] ?? 0) < 128 ? bytes : join(Uint8Array.of(0), bytes)
  return join(Uint8Array.of(2, signed.length), signed)
}

export const join = (...parts: readonly Uint8Array[]): Bytes =>
  Uint8Array.from(parts.flatMap((part) => [...part]))
export const utf8 = (text: string) => new TextEncoder().encode(text) as Bytes
// Node 20, where the bench and the tests of the tools run, has no `toBase64` and no `fromHex` of its own.
export const base64Url = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
export const fromBase64Url = (text: string): Bytes =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
    char.charCodeAt(0),
  )
export const fromHex = (text: string): Bytes =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
export const sha256 = async (bytes: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
