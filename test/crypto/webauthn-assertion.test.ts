import { describe, expect, it, test } from 'vitest'
import { verifyAssertion } from '../../src/crypto/webauthn'
import { base64Url, type Bytes, fromBase64Url, join } from '../support/webauthn-bytes'
import {
  CEREMONY,
  CREATION,
  creation,
  type HowToGet,
  PAGE,
  refusedUse,
  REQUEST,
  type Traits,
  USER_HANDLE,
  withPasskey,
} from './passkeys'

const EMPTY_MAP = Uint8Array.of(0xa0)
const spoil = (bytes: Bytes) => join(bytes, Uint8Array.of(0))

describe('a used passkey', () => {
  it('tells its counter, which rises where it began to count', async () => {
    const counting = await withPasskey({ signCount: 7, isBackupEligible: false, isBackedUp: false })
    const synced = await withPasskey()
    const counts = []
    for (const { authenticator, stored } of [counting, synced, counting, synced]) {
      const used = await authenticator.get(REQUEST, PAGE)
      counts.push((await verifyAssertion(CEREMONY, stored, used)).signCount)
    }
    expect(counts).toEqual([8, 0, 9, 0])
  })

  it('tells user verification and backup as they are now', async () => {
    const { authenticator, stored } = await withPasskey()
    const how = { isUserVerified: false, isBackedUp: false }
    const used = await authenticator.get(REQUEST, { ...PAGE, ...how, signCount: 2 ** 32 - 1 })
    const verified = await verifyAssertion(CEREMONY, stored, used)
    expect(verified).toEqual({ ...how, signCount: 2 ** 32 - 1 })
  })

  it('may leave out its user handle, and may have extension outputs', async () => {
    const { authenticator, stored } = await withPasskey()
    for (const how of [
      { userHandle: null },
      { userHandle: USER_HANDLE },
      { extensions: EMPTY_MAP },
    ]) {
      const used = await authenticator.get(REQUEST, { ...PAGE, ...how })
      expect(await refusedUse(stored, used)).toBeNull()
    }
  })

  it.each<[string, string, HowToGet]>([
    ['wrong_type', 'was created', { clientData: { type: 'webauthn.create' } }],
    ['wrong_challenge', 'answers another challenge', { clientData: { challenge: 'AAAA' } }],
    ['wrong_origin', 'was used elsewhere', { origin: 'http://example.com' }],
    ['cross_origin', 'was used in a frame', { crossOrigin: true }],
    ['cross_origin', 'names a top origin', { topOrigin: 'https://example.net' }],
    ['malformed_client_data', 'is no JSON', { alter: { clientData: spoil } }],
    ['wrong_rp_id', 'is for another site', { rpId: 'www.example.com' }],
    ['user_not_present', 'was used without the user', { isUserPresent: false }],
    ['impossible_backup_state', 'is backed up against its kind', { isBackupEligible: false }],
    [
      'backup_eligibility_changed',
      'is of another kind',
      { isBackupEligible: false, isBackedUp: false },
    ],
    ['wrong_user_handle', 'belongs to another user', { userHandle: 'AAAA' }],
    ['wrong_user_handle', 'belongs to nobody', { userHandle: '' }],
    [
      'malformed_authenticator_data',
      'has bytes left over',
      { alter: { authenticatorData: spoil } },
    ],
    [
      'malformed_authenticator_data',
      'has no authenticator data',
      { alter: { authenticatorData: () => new Uint8Array() } },
    ],
    [
      'malformed_authenticator_data',
      'is too short',
      { alter: { authenticatorData: (all) => all.slice(1) } },
    ],
    ['malformed_authenticator_data', 'has two maps', { extensions: join(EMPTY_MAP, EMPTY_MAP) }],
    ['malformed_signature', 'has bytes behind its signature', { alter: { signature: spoil } }],
  ])('%s: one that %s is refused', async (reason, _, how) => {
    const { authenticator, stored } = await withPasskey()
    expect(await refusedUse(stored, await authenticator.get(REQUEST, { ...PAGE, ...how }))).toBe(
      reason,
    )
  })

  it('is refused with a credential in it', async () => {
    const { authenticator, stored } = await withPasskey()
    const created = await creation()
    const authenticatorData = () => fromBase64Url(created.response.authenticatorData)
    const used = await authenticator.get(REQUEST, { ...PAGE, alter: { authenticatorData } })
    expect(await refusedUse(stored, used)).toBe('unexpected_attested_credential')
  })

  it.each([-7, -8, -257] as const)(
    'of the algorithm %i is refused with the signature of another, or over other data',
    async (algorithm) => {
      const [one, other] = [await withPasskey({ algorithm }), await withPasskey({ algorithm })]
      const used = await one.authenticator.get(REQUEST, PAGE)
      const { signature } = (await other.authenticator.get(REQUEST, PAGE)).response
      const response = { ...used.response, signature }
      expect(await refusedUse(one.stored, { ...used, response })).toBe('wrong_signature')
      const more = await one.authenticator.get(REQUEST, { ...PAGE, clientData: { more: 1 } })
      const { clientDataJSON } = more.response
      const mixed = { ...used, response: { ...used.response, clientDataJSON } }
      expect(await refusedUse(one.stored, mixed)).toBe('wrong_signature')
    },
  )

  it('is refused if it is not the stored one', async () => {
    const [one, other] = [await withPasskey(), await withPasskey()]
    const used = await one.authenticator.get(REQUEST, PAGE)
    expect(await refusedUse(other.stored, used)).toBe('wrong_credential_id')
    expect(await refusedUse(one.stored, { ...used, rawId: 'AAAA' })).toBe('malformed_credential_id')
  })

  it('is refused if its stored key cannot verify', async () => {
    const { authenticator, stored } = await withPasskey()
    const used = await authenticator.get(REQUEST, PAGE)
    const spoilt: [string, object][] = [
      ['malformed_public_key', { publicKey: 'not JSON' }],
      ['malformed_public_key', { publicKey: '{"kty":"EC"}' }],
      ['unsupported_algorithm', { algorithm: -47 }],
    ]
    for (const [reason, how] of spoilt) {
      expect(await refusedUse({ ...stored, ...how }, used)).toBe(reason)
    }
  })
})

test('a cloned authenticator signs in too, with a counter of its own', async () => {
  const traits: Traits = { signCount: 1, isBackupEligible: false, isBackedUp: false }
  const { authenticator, stored } = await withPasskey(traits)
  const copy = authenticator.clone()
  await authenticator.get(REQUEST, PAGE)
  const [mine, theirs] = [await authenticator.get(REQUEST, PAGE), await copy.get(REQUEST, PAGE)]
  expect((await verifyAssertion(CEREMONY, stored, mine)).signCount).toBe(3)
  expect((await verifyAssertion(CEREMONY, stored, theirs)).signCount).toBe(2)
})

test('a software authenticator behaves as a real one where it has nothing to offer', async () => {
  const { authenticator, stored } = await withPasskey()
  const known = [{ id: stored.credentialId }]
  await expect(
    authenticator.create({ ...CREATION, excludeCredentials: known }, PAGE),
  ).rejects.toMatchObject({ name: 'InvalidStateError' })
  await expect(
    authenticator.create({ ...CREATION, pubKeyCredParams: [{ alg: -47 }] }, PAGE),
  ).rejects.toMatchObject({ name: 'NotSupportedError' })
  for (const request of [
    { ...REQUEST, rpId: 'example.net' },
    { ...REQUEST, allowCredentials: [{ id: 'AAAA' }] },
  ]) {
    await expect(authenticator.get(request, PAGE)).rejects.toMatchObject({
      name: 'NotAllowedError',
    })
  }
  const renewed = await authenticator.create(CREATION, PAGE)
  expect((await authenticator.get(REQUEST, PAGE)).id).toBe(renewed.id)
  const before = { ...REQUEST, allowCredentials: known }
  await expect(authenticator.get(before, PAGE)).rejects.toMatchObject({ name: 'NotAllowedError' })
})

test('base64url has one spelling only', async () => {
  const { authenticator, stored } = await withPasskey()
  const used = await authenticator.get(REQUEST, PAGE)
  const spellings: [string, object][] = [
    ['malformed_client_data', { clientDataJSON: `${used.response.clientDataJSON}=` }],
    ['malformed_authenticator_data', { authenticatorData: `${used.response.authenticatorData}\n` }],
    ['malformed_signature', { signature: `+${used.response.signature.slice(1)}` }],
    ['malformed_signature', { signature: base64Url(new Uint8Array(513)) }],
  ]
  for (const [reason, members] of spellings) {
    const response = { ...used.response, ...members }
    expect(await refusedUse(stored, { ...used, response })).toBe(reason)
  }
})
