/** Our verifier and @simplewebauthn/server, on 10,000 seeded responses that are right or nearly right. */
import { beforeAll, expect, test } from 'vitest'
import {
  verifyAssertion,
  verifyRegistration,
  WebAuthnError,
  type WebAuthnProblem,
} from '../../src/crypto/webauthn'
import { Random } from '../simulation/random'
import { SoftwareAuthenticator } from '../support/authenticator'
import { oracleOnCreation, oracleOnUse, withoutStatement } from './oracle'
import { CEREMONY, CREATION, PAGE, USER_HANDLE } from './passkeys'
import { type Accepted, STRICTER } from './stricter'
import { createdSample, type Passkey, usedSample } from './webauthn-samples'

const EACH = 5000
const SEED = 20_261_130

const passkeys: Passkey[] = []
beforeAll(async () => {
  // Mostly ES256, which most passkeys use, and which takes the least time.
  for (const algorithm of [-7, -7, -7, -7, -7, -7, -7, -7, -7, -8, -35, -257] as const) {
    const isBackedUp = passkeys.length % 2 === 0
    const authenticator = new SoftwareAuthenticator({ algorithm, isBackedUp })
    const created = await authenticator.create(CREATION, PAGE)
    const stored = { ...(await verifyRegistration(CEREMONY, created)), userHandle: USER_HANDLE }
    const publicKey = (await oracleOnCreation(CEREMONY, created))?.credential.publicKey
    if (publicKey) passkeys.push({ authenticator, stored, created, publicKey })
  }
})

async function ours<T>(verified: Promise<T>): Promise<T | WebAuthnProblem> {
  try {
    return await verified
  } catch (error) {
    if (error instanceof WebAuthnError) return error.reason
    throw error
  }
}

/** How often each category of stricter.ts was met. */
const met = new Map<string, number>()

async function expectStricter(what: string, reason: WebAuthnProblem, accepted: Accepted) {
  const isCovered = await STRICTER[reason]?.covers(accepted)
  const { passkey: _, ...shown } = accepted
  expect(isCovered, `${what}: ${reason} ${JSON.stringify(shown)}`).toBe(true)
  met.set(reason, (met.get(reason) ?? 0) + 1)
}

const verdicts = { accepted: 0, refused: 0 }

test(`${EACH} creations`, async () => {
  const random = new Random(SEED)
  for (let i = 0; i < EACH; i += 1) {
    const passkey = random.pick(passkeys) as Passkey
    const { what, isRight, credential } = createdSample(random, passkey)
    const made = await ours(verifyRegistration(CEREMONY, credential))
    let theirs = await oracleOnCreation(CEREMONY, credential)
    if (isRight) expect(made, what).toBeTypeOf('object')
    if (typeof made === 'object') {
      theirs ??= await oracleOnCreation(CEREMONY, withoutStatement(credential))
      expect(theirs, `${what}: ${JSON.stringify(credential)}`).not.toBeNull()
      const device = made.isBackupEligible ? 'multiDevice' : 'singleDevice'
      expect(theirs).toMatchObject({
        aaguid: made.aaguid,
        userVerified: made.isUserVerified,
        credentialDeviceType: device,
        credentialBackedUp: made.isBackedUp,
        credential: { id: made.credentialId, counter: made.signCount },
      })
      verdicts.accepted += 1
    } else if (theirs) {
      await expectStricter(what, made, { ...credential, passkey, found: theirs.credential })
    } else verdicts.refused += 1
  }
})

test(`${EACH} uses`, async () => {
  const random = new Random(SEED)
  for (let i = 0; i < EACH; i += 1) {
    const passkey = random.pick(passkeys) as Passkey
    const { what, isRight, credential } = await usedSample(random, passkey)
    const used = await ours(verifyAssertion(CEREMONY, passkey.stored, credential))
    const theirs = await oracleOnUse(CEREMONY, passkey.publicKey as any, credential)
    if (isRight) expect(used, what).toBeTypeOf('object')
    if (typeof used === 'object') {
      expect(theirs, `${what}: ${JSON.stringify(credential)}`).toMatchObject({
        newCounter: used.signCount,
        userVerified: used.isUserVerified,
        credentialBackedUp: used.isBackedUp,
      })
      verdicts.accepted += 1
    } else if (theirs) {
      await expectStricter(what, used, { ...credential, passkey })
    } else verdicts.refused += 1
  }
})

test('the list of where ours is stricter is right in both directions', () => {
  expect([...met.keys()].toSorted()).toEqual(Object.keys(STRICTER).toSorted())
  expect(verdicts.accepted).toBeGreaterThan(1000)
  expect(verdicts.refused).toBeGreaterThan(4000)
})
