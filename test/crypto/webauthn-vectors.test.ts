/**
 * The test vectors of W3C WebAuthn Level 3, section 16. w3c-vectors.json has the bytes of each pair in
 * hexadecimal digits: random ones by HKDF from `WebAuthn test vectors`, ECDSA signatures by RFC 6979.
 */
import { beforeAll, expect, it } from 'vitest'
import { verifyAssertion, verifyRegistration } from '../../src/crypto/webauthn'
import { base64Url } from '../support/webauthn-bytes'
import { oracleOnCreation, oracleOnUse, trustAttestationCa, withoutStatement } from './oracle'
import { refusedCreation, refusedUse } from './passkeys'
import { attestationCa, vectors } from './w3c-vectors.json'

const USER_HANDLE = 'AAAA'
beforeAll(() => trustAttestationCa(Uint8Array.fromHex(attestationCa)))

const fromHex = (hex: string) => base64Url(Uint8Array.fromHex(hex))

const pairs = Object.entries(vectors).map(([name, pair]) => {
  const { registration, assertion } = pair
  const site = { rpId: 'example.org', origins: ['https://example.org'] }
  const id = fromHex(pair.id)
  const around = { id, rawId: id, type: 'public-key' as const }
  return {
    name,
    creation: { ...site, challenge: fromHex(registration.challenge) },
    created: {
      ...around,
      response: {
        clientDataJSON: fromHex(registration.clientDataJSON),
        attestationObject: fromHex(registration.attestationObject),
      },
    },
    request: { ...site, challenge: fromHex(assertion.challenge) },
    used: {
      ...around,
      response: {
        clientDataJSON: fromHex(assertion.clientDataJSON),
        authenticatorData: fromHex(assertion.authenticatorData),
        signature: fromHex(assertion.signature),
        userHandle: USER_HANDLE,
      },
    },
  }
})

/** The three that the product refuses on purpose, with the reason. */
const REFUSED: Record<string, string> = {
  'none.ES256.crossOrigin': 'cross_origin',
  'none.ES256.topOrigin': 'cross_origin',
  'packed.Ed448': 'unsupported_algorithm',
}

/** Here the oracle wants more of the attestation statement than section 16 gives. */
const WITHOUT_STATEMENT = [
  'tpm.ES256', // a known maker of the TPM
  'android-key.ES256', // authorization lists that its parser knows
  'fido-u2f.ES256', // an AAGUID of zeros
]

it('there are 15 pairs', () => {
  expect(pairs).toHaveLength(15)
  expect(pairs.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(REFUSED)))
})

it.each(pairs.filter(({ name }) => !(name in REFUSED)))(
  '$name is accepted by the product and by the oracle alike',
  async ({ name, creation, created, request, used }) => {
    const made = await verifyRegistration(creation, created)
    const shown = WITHOUT_STATEMENT.includes(name) ? withoutStatement(created) : created
    const theirs = await oracleOnCreation(creation, shown)
    expect({
      id: made.credentialId,
      aaguid: made.aaguid,
      counter: made.signCount,
      userVerified: made.isUserVerified,
      device: made.isBackupEligible ? 'multiDevice' : 'singleDevice',
      backedUp: made.isBackedUp,
    }).toEqual({
      id: theirs?.credential.id,
      aaguid: theirs?.aaguid,
      counter: theirs?.credential.counter,
      userVerified: theirs?.userVerified,
      device: theirs?.credentialDeviceType,
      backedUp: theirs?.credentialBackedUp,
    })
    const signedIn = await verifyAssertion(request, { ...made, userHandle: USER_HANDLE }, used)
    const theirUse = await oracleOnUse(request, theirs?.credential.publicKey as any, used)
    expect(signedIn).toEqual({
      signCount: theirUse?.newCounter,
      isUserVerified: theirUse?.userVerified,
      isBackedUp: theirUse?.credentialBackedUp,
    })
  },
)

it.each(pairs.filter(({ name }) => name in REFUSED))(
  '$name is refused by its rule',
  async ({ name, creation, created, request, used }) => {
    expect(await refusedCreation(created, creation)).toBe(REFUSED[name])
    const stored = { credentialId: used.id, publicKey: '{}', algorithm: -53 }
    const isBackupEligible = name === 'packed.Ed448'
    const reason = await refusedUse(
      { ...stored, isBackupEligible, userHandle: USER_HANDLE },
      used,
      request,
    )
    expect(reason).toBe(REFUSED[name])
  },
)
