/**
 * Where our verifier is stricter than @simplewebauthn/server, on purpose. Each category has a test of
 * its own, without our code, for whether a response falls under it.
 */
import { type CBORType, decodePartialCBOR, encodeCBOR } from '@levischuck/tiny-cbor'
import { verifySignature } from '@simplewebauthn/server/helpers'
import type { WebAuthnProblem } from '../../src/crypto/webauthn'
import { base64Url, type Bytes, fromBase64Url, toDer } from '../support/webauthn-bytes'
import type { Passkey } from './webauthn-samples'

/** A response that the oracle accepts and ours refuses. */
export interface Accepted {
  readonly passkey: Passkey
  readonly id: string
  readonly rawId: string
  readonly response: Readonly<Record<string, any>>
  /** The credential id and the public key that the oracle found in a creation. */
  readonly found?: { readonly id: string; readonly publicKey: Bytes } | undefined
}

interface Category {
  readonly why: string
  readonly covers: (accepted: Accepted) => boolean | Promise<boolean>
}

/** The bytes of a text that may be spelt in another way, and whether it is. */
function spelt(text: string): { bytes: Bytes; isOdd: boolean } {
  const plain = text
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll(/[^\w-]/g, '')
  const bytes = fromBase64Url(plain.length % 4 === 1 ? plain.slice(0, -1) : plain)
  return { bytes, isOdd: base64Url(bytes) !== text }
}

/** The items that fill the bytes, if they have the only form that WebAuthn allows. */
function canonical(bytes: Bytes, count: number): CBORType[] | undefined {
  const items = []
  let at = 0
  for (let i = 0; i < count; i += 1) {
    const [value, length] = decodePartialCBOR(bytes.slice(at), 0)
    const isSame = base64Url(encodeCBOR(value)) === base64Url(bytes.slice(at, at + length))
    if (!isPlain(value) || !isSame) return undefined
    items.push(value)
    at += length
  }
  return at === bytes.length ? items : undefined
}

function isPlain(value: CBORType): boolean {
  if (Array.isArray(value)) return value.every(isPlain)
  if (value instanceof Map) return [...value].flat().every(isPlain)
  return value instanceof Uint8Array || Number.isSafeInteger(value) || isOther(value)
}
/** tiny-cbor replaces what is not UTF-8 in texts. */
const isOther = (value: CBORType) =>
  value === null ||
  ['boolean', 'bigint'].includes(typeof value) ||
  (typeof value === 'string' && !value.includes('\uFFFD'))

const dataOf = (accepted: Accepted): Bytes => {
  const { authenticatorData, attestationObject } = accepted.response
  if (!attestationObject) return spelt(authenticatorData).bytes
  const [object] = decodePartialCBOR(spelt(attestationObject).bytes, 0)
  return (object as Map<string, any>).get('authData')
}

const clientDataOf = ({ response }: Accepted): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(spelt(response['clientDataJSON']).bytes))

const keyOf = ({ found }: Accepted) =>
  decodePartialCBOR(found?.publicKey ?? new Uint8Array(), 0)[0] as Map<number, CBORType>

/** The type and the number of members of a key of each algorithm. */
const SHAPES = new Map([
  [-7, [2, 5, 1]],
  [-8, [1, 4, 6]],
  [-35, [2, 5, 2]],
  [-36, [2, 5, 3]],
  [-257, [3, 4, undefined]],
])
const shapeOf = (accepted: Accepted) => SHAPES.get(Number(keyOf(accepted).get(3))) ?? []

const isRsaKey = (n: CBORType, e: CBORType) =>
  n instanceof Uint8Array && n.length === 256 && (n[0] ?? 0) > 127 && isExponent(e)
const isExponent = (e: CBORType) => e instanceof Uint8Array && base64Url(e) === 'AQAB'

/** Whether the oracle can verify with a key. It does not try at a creation. */
async function isUsable(publicKey: Bytes, algorithm: number): Promise<boolean> {
  const size = algorithm === -35 ? 48 : algorithm === -36 ? 66 : 32
  const signature = toDer(new Uint8Array(2 * size).fill(1))
  const data = new Uint8Array(1)
  return verifySignature({ signature, data, credentialPublicKey: publicKey }).then(
    () => true,
    () => false,
  )
}

const AT = 0x40
const ED = 0x80

export const STRICTER: Partial<Record<WebAuthnProblem, Category>> = {
  malformed_credential_id: {
    why: 'It takes ids that are not base64url, if both are alike.',
    covers: ({ id }) => spelt(id).isOdd,
  },
  wrong_credential_id: {
    why: 'It does not compare the id with the authenticator data, nor with the stored one.',
    covers: ({ id, found, passkey }) => id !== (found?.id ?? passkey.stored.credentialId),
  },
  malformed_client_data: {
    why: 'It takes padding and foreign characters in base64url, bytes that are not UTF-8, and a byte order mark.',
    covers: ({ response }) => {
      const { bytes, isOdd } = spelt(response['clientDataJSON'])
      const text = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(bytes)
      return isOdd || text.includes('\uFFFD') || text.startsWith('\uFEFF')
    },
  },
  cross_origin: {
    why: 'It takes a ceremony in a frame, at a creation even with the origin of the page around it.',
    covers: (accepted) => {
      const { crossOrigin, topOrigin } = clientDataOf(accepted)
      return topOrigin !== undefined || (crossOrigin !== undefined && crossOrigin !== false)
    },
  },
  malformed_attestation: {
    why: 'It takes bytes behind the attestation object, lengths that are too long or not the shortest, tags, floats, and texts that are not UTF-8.',
    covers: ({ response }) => {
      const { bytes, isOdd } = spelt(response['attestationObject'])
      return isOdd || !canonical(bytes, 1)
    },
  },
  malformed_authenticator_data: {
    why: 'It takes strings that claim more bytes than there are, tags, floats, texts that are not UTF-8, and extensions that are no map.',
    covers: (accepted) => {
      const { authenticatorData } = accepted.response
      const data = dataOf(accepted)
      const [flags = 0] = data.subarray(32)
      const idEnd = 55 + ((data[53] ?? 0) << 8) + (data[54] ?? 0)
      const rest = data.slice(flags & AT ? idEnd : 37)
      const isOdd = 'signature' in accepted.response && spelt(authenticatorData).isOdd
      const items = canonical(rest, (flags & AT ? 1 : 0) + (flags & ED ? 1 : 0))
      return isOdd || !items || ((flags & ED) !== 0 && !(items.at(-1) instanceof Map))
    },
  },
  unexpected_attested_credential: {
    why: 'It takes a credential in a use.',
    covers: (accepted) =>
      'signature' in accepted.response && ((dataOf(accepted)[32] ?? 0) & AT) !== 0,
  },
  malformed_public_key: {
    why: 'It does not look at a new key beyond its algorithm.',
    covers: async (accepted) => {
      const [type, size] = shapeOf(accepted)
      const key = keyOf(accepted)
      const isShaped = key.get(1) === type && key.size === size
      if (!isShaped || (type === 3 && !isRsaKey(key.get(-1), key.get(-2)))) return true
      return !(await isUsable(accepted.found?.publicKey ?? new Uint8Array(), Number(key.get(3))))
    },
  },
  wrong_curve: {
    why: 'It does not compare the curve of a new key with its algorithm.',
    covers: (accepted) => keyOf(accepted).get(-1) !== shapeOf(accepted)[2],
  },
  backup_eligibility_changed: {
    why: 'It is not told what was stored.',
    covers: (accepted) => {
      const isEligible = ((dataOf(accepted)[32] ?? 0) & 0x08) !== 0
      return isEligible !== accepted.passkey.stored.isBackupEligible
    },
  },
  wrong_user_handle: {
    why: 'It does not look at the user handle.',
    covers: ({ response, passkey }) => response['userHandle'] !== passkey.stored.userHandle,
  },
  malformed_signature: {
    why: 'It reads BER: longer forms of lengths, needless zeros, negative numbers, bytes left over.',
    covers: ({ response, passkey }) => {
      const { bytes, isOdd } = spelt(response['signature'])
      return isOdd || (passkey.stored.algorithm !== -257 && !isDer(bytes))
    },
  },
}

/** Whether a signature is what its numbers are in DER. */
function isDer(bytes: Bytes): boolean {
  const long = bytes[1] === 0x81 ? 1 : 0
  const integers = []
  for (let at = 2 + long; bytes[at] === 2; at += 2 + (bytes[at + 1] ?? 0)) {
    const number = bytes.slice(at + 2, at + 2 + (bytes[at + 1] ?? 0))
    if ((number[0] ?? 0) > 127) return false
    integers.push(
      number
        .toHex()
        .replace(/^(00)+/, '')
        .padStart(132, '0'),
    )
  }
  return base64Url(toDer(Uint8Array.fromHex(integers.join('')) as Bytes)) === base64Url(bytes)
}
