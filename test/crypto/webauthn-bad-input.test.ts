import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { WebAuthnError, verifyAssertion, verifyRegistration } from '../../src/crypto/webauthn'
import { readCbor } from '../../src/crypto/webauthn/cbor'
import { base64Url, type Bytes, fromBase64Url, join, utf8 } from '../support/webauthn-bytes'
import { CEREMONY, creation, PAGE, refusedCreation, REQUEST, withPasskey } from './passkeys'

const bytes = (hex: string) => Uint8Array.fromHex(hex.replaceAll(' ', '')) as Bytes
const repeated = (hex: string, times: number) => bytes(hex.repeat(times))

/** Everything that a walk over the bytes must stop early, by name. */
const BOMBS: Record<string, Bytes> = {
  'arrays in arrays, 100,000 deep': repeated('81', 100_000),
  'maps in maps, 100,000 deep': repeated('a100', 100_000),
  'tags in tags, 100,000 deep': repeated('c1', 100_000),
  'an array of 2^32 items': bytes('9b 0000000100000000'),
  'an array of 2^32 - 1 items': bytes('9a ffffffff'),
  'a map of 2^32 pairs': bytes('bb 0000000100000000'),
  'a map of 2^64 - 1 pairs': bytes('bb ffffffffffffffff'),
  '2^32 bytes': bytes('5b 0000000100000000'),
  'a text of 2^32 bytes': bytes('7b 0000000100000000'),
  'a text of 2^64 - 1 bytes': bytes('7b ffffffffffffffff'),
  'arrays that each claim the rest': repeated('99 3000', 4096),
  'an array of 10,000 empty byte strings': join(bytes('99 2710'), repeated('40', 10_000)),
  'an array of 10,000 empty texts': join(bytes('99 2710'), repeated('60', 10_000)),
  'a megabyte of maps beside arrays': repeated('82a0', 2 ** 19),
}

describe('a response to creation with', () => {
  it.each(Object.entries(BOMBS))('%s as its attestation object is refused', async (_, bomb) => {
    const credential = await creation({ alter: { attestationObject: () => bomb } })
    expect(await refusedCreation(credential)).toBe('malformed_attestation')
  })

  it.each(Object.entries(BOMBS))('%s as its key is refused', async (_, bomb) => {
    const credential = await creation({ publicKey: bomb.slice(0, 12_000) })
    const reasons = [
      'malformed_authenticator_data',
      'malformed_public_key',
      'malformed_attestation',
    ]
    expect(reasons).toContain(await refusedCreation(credential))
  })

  it.each(Object.entries(BOMBS))('%s as its extensions is refused', async (_, bomb) => {
    const credential = await creation({ extensions: bomb.slice(0, 12_000) })
    expect(await refusedCreation(credential)).toBe('malformed_authenticator_data')
  })

  it('an attestation object of more than 16 KiB is refused undecoded, and one of 16 KiB is not', async () => {
    const filled = async (length: number) => {
      const attStmt = new Map([['x5c', new Uint8Array(length)]])
      const credential = await creation({ attestation: { fmt: 'packed', attStmt } })
      const size = fromBase64Url(credential.response.attestationObject).length
      return { size, reason: await refusedCreation(credential) }
    }
    const rest = (await filled(1000)).size - 1000
    const most = 16 * 1024 - rest
    expect(await filled(most)).toEqual({ size: 16 * 1024, reason: null })
    expect(await filled(most + 1)).toEqual({ size: 16 * 1024 + 1, reason: 'malformed_attestation' })
    expect(await filled(2 ** 20)).toMatchObject({ reason: 'malformed_attestation' })
  })
})

describe('CBOR', () => {
  it.each(Object.entries(BOMBS))('that is %s is not read', (_, bomb) => {
    expect(readCbor(bomb, 0)).toBeUndefined()
  })

  it.each([
    ['nothing', ''],
    ['a number cut short', '19 01'],
    ['a text cut short', '62 61'],
    ['bytes cut short', '43 0000'],
    ['an array cut short', '82 01'],
    ['a map without its last value', 'a1 01'],
    ['duplicate keys', 'a2 01 02 01 03'],
    ['duplicate keys in a map inside', '81 a2 61 61 01 61 61 02'],
    ['bytes as a key', 'a1 41 00 00'],
    ['an indefinite array', '9f 01 ff'],
    ['an indefinite map', 'bf 01 02 ff'],
    ['an indefinite text', '7f 61 61 ff'],
    ['indefinite bytes', '5f 41 00 ff'],
    ['a stop code', 'ff'],
    ['a number in a longer form', '18 17'],
    ['a number in two bytes for one', '19 00ff'],
    ['a number in four bytes for two', '1a 0000ffff'],
    ['a number in eight bytes for four', '1b 00000000ffffffff'],
    ['a length in a longer form', '58 01 00'],
    ['a text that is no UTF-8', '62 c3 28'],
    ['a key that is no UTF-8', 'a1 61 ff 00'],
    ['a tag', 'c1 01'],
    ['undefined', 'f7'],
    ['a simple value', 'f8 ff'],
    ['a float of two bytes', 'f9 7e00'],
    ['a float of four bytes', 'fa 40400000'],
    ['a float of eight bytes', 'fb 4008000000000000'],
    ['a reserved length', '1c'],
    ['arrays nine deep', '81'.repeat(9) + '00'],
  ])('with %s is not read', (_, hex) => {
    expect(readCbor(bytes(hex), 0)).toBeUndefined()
  })

  it('is read from an offset to its end, and not beyond', () => {
    expect(readCbor(bytes('ffff a1 63 666d74 81 f5 00'), 2)).toEqual({
      value: new Map([['fmt', [true]]]),
      end: 9,
    })
    expect(readCbor(bytes('1b 0000000100000000'), 0)).toEqual({ value: 2 ** 32, end: 9 })
    expect(readCbor(bytes('3b ffffffffffffffff'), 0)?.end).toBe(9)
    expect(readCbor(bytes('81'.repeat(8) + '00'), 0)?.end).toBe(9)
    expect(readCbor(join(bytes('98 ff'), new Uint8Array(255)), 0)?.end).toBe(257)
    expect(readCbor(join(bytes('99 0100'), new Uint8Array(256)), 0)).toBeUndefined()
    // A view into a larger buffer, as authenticator data is, must not show what lies behind it.
    expect(readCbor(bytes('42 0102').subarray(0, 2), 0)).toBeUndefined()
  })
})

/** Runs a verification of what may be anything. It may be refused, but by the verifier's own error. */
async function survives(verified: Promise<unknown>) {
  await verified.then(
    () => undefined,
    (error) => expect(error).toBeInstanceOf(WebAuthnError),
  )
}

test('whatever the members are, nothing but a WebAuthnError is thrown', async () => {
  const created = await creation()
  const { authenticator, stored } = await withPasskey()
  const used = await authenticator.get(REQUEST, PAGE)
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 300 }).map(base64Url),
    fc.json().map((json) => base64Url(utf8(json))),
  )
  const some = <T extends object>(members: T) =>
    fc.record(Object.fromEntries(Object.keys(members).map((name) => [name, anything])), {
      requiredKeys: [],
    })
  const { transports: _, ...creationMembers } = created.response
  await fc.assert(
    fc.asyncProperty(some(creationMembers), some(used.response), async (creates, uses) => {
      const response = { ...created.response, ...creates }
      await survives(verifyRegistration(CEREMONY, { ...created, response }))
      const assertion = { ...used, response: { ...used.response, ...uses } }
      await survives(verifyAssertion(CEREMONY, stored, assertion))
    }),
    { numRuns: 500 },
  )
})

test('whatever bytes the authenticator sends, nothing but a WebAuthnError is thrown', async () => {
  const { authenticator, stored } = await withPasskey()
  const parts = ['authenticatorData', 'clientData', 'attestationObject', 'signature'] as const
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...parts),
      fc.nat(250),
      fc.uint8Array({ maxLength: 100 }),
      async (part, at, inserted) => {
        const alter = {
          [part]: (all: Bytes) => join(all.subarray(0, at), inserted, all.subarray(at)),
        }
        await survives(verifyRegistration(CEREMONY, await creation({ alter })))
        const used = await authenticator.get(REQUEST, { ...PAGE, alter })
        await survives(verifyAssertion(CEREMONY, stored, used))
      },
    ),
    { numRuns: 500 },
  )
})

test('any bytes are CBOR of a known end, or none', () => {
  const seed = fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(...Object.values(BOMBS)))
  fc.assert(
    fc.property(seed, fc.nat(64), (input, start) => {
      const item = readCbor(input, start)
      if (item) {
        expect(item.end).toBeGreaterThan(start)
        expect(item.end).toBeLessThanOrEqual(input.length)
        expect(readCbor(input.slice(start, item.end), 0)).toEqual({
          value: item.value,
          end: item.end - start,
        })
      }
    }),
    { numRuns: 5000 },
  )
})
