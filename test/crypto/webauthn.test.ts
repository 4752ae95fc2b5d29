import { decodeCBOR, encodeCBOR } from '@levischuck/tiny-cbor'
import { describe, expect, it, test } from 'vitest'
import { COSE_ALGORITHMS, verifyRegistration } from '../../src/crypto/webauthn'
import { SoftwareAuthenticator } from '../support/authenticator'
import { type Bytes, join, utf8 } from '../support/webauthn-bytes'
import {
  CEREMONY,
  CREATION,
  creation,
  type HowToCreate,
  PAGE,
  refusedCreation,
  refusedUse,
  REQUEST,
  withPasskey,
} from './passkeys'

const EMPTY_MAP = Uint8Array.of(0xa0)
const spoil = (bytes: Bytes) => join(bytes, Uint8Array.of(0))

describe('a new passkey', () => {
  it('is returned with what the authenticator says of it', async () => {
    const authenticator = new SoftwareAuthenticator({
      aaguid: 'ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4',
      signCount: 7,
      isBackedUp: false,
    })
    const credential = await authenticator.create(CREATION, { ...PAGE, isUserVerified: false })
    const { publicKey, ...rest } = await verifyRegistration(CEREMONY, credential)
    expect(rest).toEqual({
      credentialId: credential.id,
      algorithm: -7,
      signCount: 7,
      aaguid: 'ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4',
      isBackupEligible: true,
      isBackedUp: false,
      isUserVerified: false,
      isUserPresent: true,
      transports: ['hybrid', 'internal'],
    })
    expect(publicKey).toMatch(/^\{"crv":"P-256","kty":"EC","x":"[\w-]{43}","y":"[\w-]{43}"\}$/)
  })

  it.each([
    [-257, ['e', 'kty', 'n']],
    [-8, ['crv', 'kty', 'x']],
    [-35, ['crv', 'kty', 'x', 'y']],
    [-36, ['crv', 'kty', 'x', 'y']],
  ] as const)('of the algorithm %i signs in', async (algorithm, members) => {
    const { authenticator, stored } = await withPasskey({ algorithm })
    expect(stored.algorithm).toBe(algorithm)
    expect(COSE_ALGORITHMS).toContain(algorithm)
    expect(Object.keys(JSON.parse(stored.publicKey))).toEqual(members)
    expect(await refusedUse(stored, await authenticator.get(REQUEST, PAGE))).toBeNull()
  })

  test('may be made without the user, who may have no transports either', async () => {
    const { response, ...rest } = await creation({ isUserPresent: false, isUserVerified: false })
    const credential = { ...rest, response: { ...response, transports: undefined } }
    const made = await verifyRegistration(CEREMONY, credential)
    expect(made).toMatchObject({ isUserPresent: false, isUserVerified: false, transports: [] })
  })

  it('may come with any attestation statement, which is not read', async () => {
    const x5c = Array.from({ length: 3 }, () => new Uint8Array(3000))
    const attestations = [
      { fmt: 'packed', attStmt: new Map<string, any>(Object.entries({ alg: -7, x5c })) },
      { fmt: 'from-the-future', attStmt: new Map() },
      // A compound attestation is a list of statements.
      { fmt: 'compound', attStmt: [new Map([['attStmt', new Map([['x5c', x5c]])]])] },
    ]
    for (const attestation of attestations) {
      expect(await refusedCreation(await creation({ attestation }))).toBeNull()
    }
  })

  it('may have extension outputs, reserved flags, and an id of 1,023 bytes', async () => {
    const extensions = Uint8Array.of(0xa1, 0x63, ...utf8('uvm'), 0x81, 0x83, 0x02, 0x04, 0x02)
    const setReserved = (bytes: Bytes) => bytes.with(32, (bytes[32] ?? 0) | 0x22)
    const credentialId = new Uint8Array(1023)
    const ways = [{ extensions }, { alter: { authenticatorData: setReserved } }, { credentialId }]
    for (const how of ways) expect(await refusedCreation(await creation(how))).toBeNull()
  })

  it.each<[string, string, HowToCreate]>([
    ['wrong_type', 'was used', { clientData: { type: 'webauthn.get' } }],
    ['wrong_challenge', 'answers another challenge', { clientData: { challenge: 'AAAA' } }],
    ['wrong_origin', 'was made elsewhere', { origin: 'https://example.com.example.net' }],
    ['wrong_origin', 'has no origin', { clientData: { origin: undefined } }],
    ['cross_origin', 'was made in a frame', { crossOrigin: true }],
    ['cross_origin', 'was perhaps made in a frame', { crossOrigin: 'false' }],
    ['cross_origin', 'names a top origin', { topOrigin: PAGE.origin }],
    ['malformed_client_data', 'is no object', { alter: { clientData: () => utf8('"text"') } }],
    ['malformed_client_data', 'is no JSON', { alter: { clientData: () => utf8('{') } }],
    [
      'malformed_client_data',
      'is no UTF-8',
      { alter: { clientData: (data) => data.with(30, 255) } },
    ],
    ['malformed_client_data', 'says too much', { clientData: { more: 'x'.repeat(4096) } }],
    ['wrong_rp_id', 'is for another site', { rpId: 'example.net' }],
    ['impossible_backup_state', 'is backed up against its kind', { isBackupEligible: false }],
    ['malformed_attestation', 'has bytes left over', { alter: { attestationObject: spoil } }],
    [
      'malformed_authenticator_data',
      'has bytes behind the key',
      { alter: { authenticatorData: spoil } },
    ],
    [
      'malformed_authenticator_data',
      'has no map of extensions',
      { extensions: Uint8Array.of(0x80) },
    ],
    ['malformed_authenticator_data', 'has two maps', { extensions: join(EMPTY_MAP, EMPTY_MAP) }],
    ['malformed_authenticator_data', 'lacks the map', { extensions: new Uint8Array() }],
    ['malformed_authenticator_data', 'has a cut key', { publicKey: Uint8Array.of(0xa1, 0x01) }],
    ['credential_id_too_long', 'has an id of 1,024 bytes', { credentialId: new Uint8Array(1024) }],
  ])('%s: one that %s is refused', async (reason, _, how) => {
    expect(await refusedCreation(await creation(how))).toBe(reason)
  })

  it('is refused without a credential in it', async () => {
    const withoutCredential = (data: Bytes) => data.slice(0, 37).with(32, 0x1d)
    const credential = await creation({ alter: { authenticatorData: withoutCredential } })
    expect(await refusedCreation(credential)).toBe('no_attested_credential')
  })

  it.each(['fmt', 'attStmt', 'authData'])('is refused without %s', async (member) => {
    const attestationObject = (bytes: Bytes) => {
      const object = decodeCBOR(bytes) as Map<string, any>
      object.delete(member)
      return encodeCBOR(object) as Bytes
    }
    const credential = await creation({ alter: { attestationObject } })
    expect(await refusedCreation(credential)).toBe('malformed_attestation')
  })

  it('is refused under another id', async () => {
    const credential = await creation()
    const [id, rawId] = ['AAAA', 'AAAA']
    expect(await refusedCreation({ ...credential, id, rawId })).toBe('wrong_credential_id')
    expect(await refusedCreation({ ...credential, id })).toBe('malformed_credential_id')
    expect(await refusedCreation({ ...credential, rawId })).toBe('malformed_credential_id')
    const long = 'A'.repeat(1365)
    expect(await refusedCreation({ ...credential, id: long, rawId: long })).toBe(
      'credential_id_too_long',
    )
    const longer = await creation({ credentialId: new Uint8Array(1024) })
    expect(await refusedCreation({ ...longer, id, rawId })).toBe('credential_id_too_long')
  })

  it('is refused with an id of no bytes', async () => {
    const credential = await creation({ credentialId: new Uint8Array() })
    expect(await refusedCreation(credential)).toBe('malformed_credential_id')
  })
})
