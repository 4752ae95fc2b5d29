/** The same verification by @simplewebauthn/server, which shares no code with ours but tiny-cbor. */
import { decodeCBOR, encodeCBOR } from '@levischuck/tiny-cbor'
import {
  SettingsService,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import {
  type AssertionCredential,
  type Ceremony,
  COSE_ALGORITHMS,
  type RegistrationCredential,
} from '../../src/crypto/webauthn'
import { base64Url, type Bytes, fromBase64Url } from '../support/webauthn-bytes'

const expectedIn = ({ challenge, origins, rpId }: Ceremony) => ({
  expectedChallenge: challenge,
  expectedOrigin: [...origins],
  expectedRPID: rpId,
  requireUserVerification: false,
})

/** What it says of a new credential; `null` if it refuses. */
export async function oracleOnCreation(ceremony: Ceremony, credential: RegistrationCredential) {
  try {
    const { registrationInfo } = await verifyRegistrationResponse({
      ...expectedIn(ceremony),
      response: { clientExtensionResults: {}, ...credential } as any,
      requireUserPresence: false,
      supportedAlgorithmIDs: [...COSE_ALGORITHMS],
    })
    return registrationInfo ?? null
  } catch {
    return null
  }
}

/** What it says of a use; `null` if it refuses. It takes the stored key as COSE. */
export async function oracleOnUse(
  ceremony: Ceremony,
  publicKey: Uint8Array<ArrayBuffer>,
  credential: AssertionCredential,
) {
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      ...expectedIn(ceremony),
      response: { clientExtensionResults: {}, ...credential } as any,
      credential: { id: credential.id, publicKey, counter: 0 },
    })
    return verified ? authenticationInfo : null
  } catch {
    return null
  }
}

/** Makes it trust the authority of an attestation, given in DER. */
export function trustAttestationCa(certificate: Uint8Array): void {
  const pem = `-----BEGIN CERTIFICATE-----\n${certificate.toBase64()}\n-----END CERTIFICATE-----`
  for (const identifier of ['packed', 'tpm', 'android-key', 'apple', 'fido-u2f'] as const) {
    SettingsService.setRootCertificates({ identifier, certificates: [pem] })
  }
}

/**
 * The same response with the attestation `none`. The oracle verifies attestation statements, and ours
 * does not, on purpose. Everything else of a response is the same.
 */
export function withoutStatement(credential: RegistrationCredential): RegistrationCredential {
  const { response } = credential
  const object = decodeCBOR(fromBase64Url(response.attestationObject)) as Map<string, any>
  object.set('fmt', 'none').set('attStmt', new Map())
  const attestationObject = base64Url(encodeCBOR(object) as Bytes)
  return { ...credential, response: { ...response, attestationObject } }
}
