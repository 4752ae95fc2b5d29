/** One ceremony for all tests of the verifier, and passkeys that were created in it. */
import {
  type AssertionCredential,
  type Ceremony,
  type RegistrationCredential,
  type StoredCredential,
  verifyAssertion,
  verifyRegistration,
  WebAuthnError,
} from '../../src/crypto/webauthn'
import { SoftwareAuthenticator } from '../support/authenticator'
import { base64Url, utf8 } from '../support/webauthn-bytes'

const ORIGIN = 'https://example.com'
export const CEREMONY: Ceremony = {
  challenge: base64Url(utf8('thirty-two bytes of a challenge.')),
  rpId: 'example.com',
  origins: [ORIGIN, 'https://www.example.com'],
}
export const USER_HANDLE = base64Url(utf8('user handle'))
export const CREATION = {
  challenge: CEREMONY.challenge,
  rp: { id: CEREMONY.rpId },
  user: { id: USER_HANDLE },
  pubKeyCredParams: [{ alg: -7 }],
}
export const REQUEST = { challenge: CEREMONY.challenge, rpId: CEREMONY.rpId }
export const PAGE = { origin: ORIGIN }

export type Traits = NonNullable<ConstructorParameters<typeof SoftwareAuthenticator>[0]>
export type HowToCreate = Partial<Parameters<SoftwareAuthenticator['create']>[1]>
export type HowToGet = Partial<Parameters<SoftwareAuthenticator['get']>[1]>

/** A response to creation that departs from the right one as `how` says. */
export const creation = (how: HowToCreate = {}, traits: Traits = {}) =>
  new SoftwareAuthenticator(traits).create(CREATION, { ...PAGE, ...how })

/** An authenticator with one passkey, and what was stored of that. */
export async function withPasskey(
  traits: Traits = {},
): Promise<{ authenticator: SoftwareAuthenticator; stored: StoredCredential }> {
  const authenticator = new SoftwareAuthenticator(traits)
  const made = await verifyRegistration(CEREMONY, await authenticator.create(CREATION, PAGE))
  return { authenticator, stored: { ...made, userHandle: USER_HANDLE } }
}

/** Why the verifier refuses; `null` if it accepts. Another error than its own fails the test. */
async function reasonOf(verified: Promise<unknown>): Promise<string | null> {
  try {
    await verified
    return null
  } catch (error) {
    if (error instanceof WebAuthnError) return error.reason
    throw error
  }
}

export const refusedCreation = (credential: RegistrationCredential, ceremony = CEREMONY) =>
  reasonOf(verifyRegistration(ceremony, credential))

export const refusedUse = (
  stored: StoredCredential,
  credential: AssertionCredential,
  ceremony = CEREMONY,
) => reasonOf(verifyAssertion(ceremony, stored, credential))
