/**
 * Verifies responses of authenticators to the creation and the use of a passkey, by W3C WebAuthn
 * Level 3, sections 7.1 and 7.2. What a policy decides on is returned: user verification, and at a
 * creation user presence. Callers use up challenges, compare counters and keep ids unique.
 *
 * The attestation statement is not read. Creation asks for the conveyance `none`, so no trust follows
 * from the statement. Some authenticators and managed browsers send one all the same, and others
 * replace it by an empty one (section 5.1.3). Therefore every format is accepted.
 */
import { fromBase64Url, fromUtf8, sameBytes, toBase64Url, utf8 } from './encoding'
import {
  type AuthenticatorData,
  MAX_CREDENTIAL_ID_BYTES,
  readAuthenticatorData,
} from './webauthn/authenticator-data'
import { readCbor } from './webauthn/cbor'
import { readCoseKey, verifySignature } from './webauthn/cose'
import { WebAuthnError, type WebAuthnProblem } from './webauthn/problem'

export { COSE_ALGORITHMS } from './webauthn/cose'
export { WebAuthnError, type WebAuthnProblem } from './webauthn/problem'

/** What the service asked for. */
export interface Ceremony {
  /** base64url. */
  readonly challenge: string
  readonly rpId: string
  readonly origins: readonly string[]
}

/** RegistrationResponseJSON (section 5.1), without the members that are not read here. */
export interface RegistrationCredential {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly response: {
    readonly clientDataJSON: string
    readonly attestationObject: string
    readonly transports?: readonly string[] | undefined
  }
}

/** AuthenticationResponseJSON (section 5.1), without the members that are not read here. */
export interface AssertionCredential {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly response: {
    readonly clientDataJSON: string
    readonly authenticatorData: string
    readonly signature: string
    readonly userHandle?: string | null | undefined
  }
}

/** A verified new credential. `isUserPresent` is false for one made without asking the user. */
export interface NewCredential {
  /** base64url. */
  readonly credentialId: string
  /** A JWK as JSON: only the members that the key needs, in the order of RFC 7638. */
  readonly publicKey: string
  /** A COSE algorithm, one of COSE_ALGORITHMS. */
  readonly algorithm: number
  readonly signCount: number
  /** A UUID in lower case, all zeros if the authenticator does not say its model. */
  readonly aaguid: string
  readonly isBackupEligible: boolean
  readonly isBackedUp: boolean
  readonly isUserVerified: boolean
  readonly isUserPresent: boolean
  /** As the browser says, not signed. May contain any text. */
  readonly transports: readonly string[]
}

/** What a caller keeps of a NewCredential. */
export interface StoredCredential {
  readonly credentialId: string
  readonly publicKey: string
  readonly algorithm: number
  readonly isBackupEligible: boolean
  /** base64url of the user handle that was given at creation. */
  readonly userHandle: string
}

/** A verified use. `isBackedUp` may differ from what was stored. */
export interface Assertion {
  readonly signCount: number
  readonly isUserVerified: boolean
  readonly isBackedUp: boolean
}

/**
 * The most bytes of each part that are decoded, and the most characters of their base64url. With
 * `none` an attestation object has some 200 bytes, and with RSA and a long credential id below 2
 * KiB. One with a chain of certificates has up to 10 KiB. A signature is at most that of RSA-4096.
 */
const MAX_BYTES = {
  credentialId: MAX_CREDENTIAL_ID_BYTES,
  clientDataJSON: 4 * 1024,
  attestationObject: 16 * 1024,
  authenticatorData: 4 * 1024,
  signature: 512,
} as const
export type ResponsePart = keyof typeof MAX_BYTES
export const maxChars = (part: ResponsePart): number => Math.ceil((MAX_BYTES[part] * 4) / 3)

/** Verifies the creation of a credential (section 7.1). Throws WebAuthnError only. */
export async function verifyRegistration(
  ceremony: Ceremony,
  credential: RegistrationCredential,
): Promise<NewCredential> {
  const id = readCredentialId(credential)
  const { response } = credential
  checkClientData(ceremony, 'webauthn.create', response.clientDataJSON)
  const data = readAuthenticatorData(readAttestationObject(response.attestationObject))
  await checkRpId(ceremony, data)
  if (!data.credential) throw new WebAuthnError('no_attested_credential')
  if (!sameBytes(data.credential.id, id)) throw new WebAuthnError('wrong_credential_id')
  const { algorithm, publicKey } = await readCoseKey(data.credential.key)
  return {
    credentialId: toBase64Url(id),
    publicKey,
    algorithm,
    signCount: data.signCount,
    aaguid: toUuid(data.credential.aaguid),
    isBackupEligible: data.isBackupEligible,
    isBackedUp: data.isBackedUp,
    isUserVerified: data.isUserVerified,
    isUserPresent: data.isUserPresent,
    transports: response.transports ?? [],
  }
}

/**
 * Verifies the use of a stored credential (section 7.2), which needs the user's presence. Throws
 * WebAuthnError only. The caller compares the counter.
 */
export async function verifyAssertion(
  ceremony: Ceremony,
  stored: StoredCredential,
  credential: AssertionCredential,
): Promise<Assertion> {
  if (toBase64Url(readCredentialId(credential)) !== stored.credentialId) {
    throw new WebAuthnError('wrong_credential_id')
  }
  const { response } = credential
  if (response.userHandle != null && response.userHandle !== stored.userHandle) {
    throw new WebAuthnError('wrong_user_handle')
  }
  const clientData = checkClientData(ceremony, 'webauthn.get', response.clientDataJSON)
  const bytes = decode(
    response.authenticatorData,
    'authenticatorData',
    'malformed_authenticator_data',
  )
  const data = readAuthenticatorData(bytes)
  await checkRpId(ceremony, data)
  // An authenticator must not send one here (section 6.1), and nobody needs to parse it.
  if (data.credential) throw new WebAuthnError('unexpected_attested_credential')
  if (!data.isUserPresent) throw new WebAuthnError('user_not_present')
  if (data.isBackupEligible !== stored.isBackupEligible) {
    throw new WebAuthnError('backup_eligibility_changed')
  }
  const signature = decode(response.signature, 'signature', 'malformed_signature')
  const signed = new Uint8Array(bytes.length + 32)
  signed.set(bytes)
  signed.set(await sha256(clientData), bytes.length)
  await verifySignature(stored, signature, signed)
  return {
    signCount: data.signCount,
    isUserVerified: data.isUserVerified,
    isBackedUp: data.isBackedUp,
  }
}

function readCredentialId(credential: { id: string; rawId: string }): Uint8Array {
  if (credential.id.length > maxChars('credentialId')) {
    throw new WebAuthnError('credential_id_too_long')
  }
  const id = decode(credential.id, 'credentialId', 'malformed_credential_id')
  if (id.length === 0 || credential.rawId !== credential.id) {
    throw new WebAuthnError('malformed_credential_id')
  }
  return id
}

/** Checks the client data (section 5.8.1) and returns its bytes. Members of later levels may follow. */
function checkClientData(ceremony: Ceremony, type: string, text: string): Uint8Array {
  const bytes = decode(text, 'clientDataJSON', 'malformed_client_data')
  const data = parseJson(bytes)
  if (data['type'] !== type) throw new WebAuthnError('wrong_type')
  if (data['challenge'] !== ceremony.challenge) throw new WebAuthnError('wrong_challenge')
  if (!ceremony.origins.some((origin) => origin === data['origin'])) {
    throw new WebAuthnError('wrong_origin')
  }
  // No page of the service is meant for another site's frame, where a user cannot see which
  // site they sign in to.
  const { crossOrigin = false, topOrigin } = data
  if (crossOrigin !== false || topOrigin !== undefined) throw new WebAuthnError('cross_origin')
  return bytes
}

function parseJson(bytes: Uint8Array): Record<string, unknown> {
  try {
    const data: unknown = JSON.parse(fromUtf8(bytes))
    if (typeof data === 'object' && data !== null) return { ...data }
  } catch {
    // Not UTF-8, or not JSON.
  }
  throw new WebAuthnError('malformed_client_data')
}

/** The authenticator data in an attestation object (section 6.5.4). */
function readAttestationObject(text: string): Uint8Array {
  const bytes = decode(text, 'attestationObject', 'malformed_attestation')
  const object = readCbor(bytes, 0)
  if (object?.end === bytes.length && object.value instanceof Map) {
    const data = object.value.get('authData')
    const isWhole = typeof object.value.get('fmt') === 'string' && object.value.has('attStmt')
    if (isWhole && data instanceof Uint8Array) return data
  }
  throw new WebAuthnError('malformed_attestation')
}

async function checkRpId(ceremony: Ceremony, data: AuthenticatorData): Promise<void> {
  if (!sameBytes(data.rpIdHash, await sha256(utf8(ceremony.rpId)))) {
    throw new WebAuthnError('wrong_rp_id')
  }
}

/** Compares lengths first: what is too long is neither decoded nor hashed. */
function decode(text: string, part: ResponsePart, problem: WebAuthnProblem): Uint8Array {
  const bytes = text.length > maxChars(part) ? undefined : fromBase64Url(text)
  if (!bytes) throw new WebAuthnError(problem)
  return bytes
}

const sha256 = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))

const toUuid = (bytes: Uint8Array): string =>
  bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
