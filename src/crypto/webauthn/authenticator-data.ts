/**
 * Authenticator data (WebAuthn Level 3, section 6.1): hash of the RP id, flags, signature counter, and
 * as the flags say the attested credential data (section 6.5.1) and a map of extension outputs.
 */
import type { CBORType } from '@levischuck/tiny-cbor'
import { readCbor } from './cbor'
import { WebAuthnError } from './problem'

/** The limit of section 7.1. */
export const MAX_CREDENTIAL_ID_BYTES = 1023

interface AttestedCredential {
  readonly aaguid: Uint8Array
  readonly id: Uint8Array
  /** The COSE key, decoded but not checked. */
  readonly key: CBORType
}

export interface AuthenticatorData {
  readonly rpIdHash: Uint8Array
  readonly isUserPresent: boolean
  readonly isUserVerified: boolean
  readonly isBackupEligible: boolean
  readonly isBackedUp: boolean
  readonly signCount: number
  readonly credential: AttestedCredential | undefined
}

const FLAGS = 32
const COUNTER = 33
const FIXED_BYTES = 37
const AAGUID_BYTES = 16

/** User present, user verified, backup eligible, backed up, attested data included, extensions included. */
export const FLAG = { UP: 0x01, UV: 0x04, BE: 0x08, BS: 0x10, AT: 0x40, ED: 0x80 }

/** Throws WebAuthnError. The bytes must end where the flags say. Reserved flags are ignored. */
export function readAuthenticatorData(bytes: Uint8Array): AuthenticatorData {
  const flags = bytes[FLAGS] ?? 0
  const has = (flag: number) => (flags & flag) !== 0
  if (has(FLAG.BS) && !has(FLAG.BE)) throw new WebAuthnError('impossible_backup_state')
  const attested = has(FLAG.AT) ? readAttestedCredential(bytes) : undefined
  let end = attested?.end ?? FIXED_BYTES
  if (has(FLAG.ED)) {
    const extensions = readCbor(bytes, end)
    if (!(extensions?.value instanceof Map)) throw new WebAuthnError('malformed_authenticator_data')
    end = extensions.end
  }
  // This is also the check that the fixed part is there, as nothing ends before it does.
  if (end !== bytes.length) throw new WebAuthnError('malformed_authenticator_data')
  return {
    rpIdHash: bytes.subarray(0, FLAGS),
    isUserPresent: has(FLAG.UP),
    isUserVerified: has(FLAG.UV),
    isBackupEligible: has(FLAG.BE),
    isBackedUp: has(FLAG.BS),
    signCount: new DataView(bytes.buffer, bytes.byteOffset).getUint32(COUNTER),
    credential: attested?.credential,
  }
}

/** AAGUID, two bytes with the length of the credential id, the id, and the COSE key. */
function readAttestedCredential(bytes: Uint8Array): {
  credential: AttestedCredential
  end: number
} {
  const idStart = FIXED_BYTES + AAGUID_BYTES + 2
  const idBytes = ((bytes[idStart - 2] ?? 0) << 8) | (bytes[idStart - 1] ?? 0)
  if (idBytes > MAX_CREDENTIAL_ID_BYTES) throw new WebAuthnError('credential_id_too_long')
  const idEnd = idStart + idBytes
  // Behind the last byte there is nothing to read, so an id that is cut short ends here too.
  const key = readCbor(bytes, idEnd)
  if (!key) throw new WebAuthnError('malformed_authenticator_data')
  const aaguid = bytes.subarray(FIXED_BYTES, FIXED_BYTES + AAGUID_BYTES)
  return {
    credential: { aaguid, id: bytes.subarray(idStart, idEnd), key: key.value },
    end: key.end,
  }
}
