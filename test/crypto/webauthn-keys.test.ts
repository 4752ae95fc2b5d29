import { decodeCBOR, encodeCBOR } from '@levischuck/tiny-cbor'
import { describe, expect, it } from 'vitest'
import { type Bytes, type Cose, fromBase64Url, join, toDer } from '../support/webauthn-bytes'
import { creation, PAGE, refusedCreation, refusedUse, REQUEST, withPasskey } from './passkeys'

type Members = Map<string | number, any>

/** The members of a right key of an algorithm. */
async function keyOf(algorithm: Cose): Promise<Members> {
  const { response } = await creation({ credentialId: new Uint8Array(16) }, { algorithm })
  return decodeCBOR(fromBase64Url(response.authenticatorData).slice(71)) as Members
}

const refusedKey = async (members: Members) =>
  refusedCreation(await creation({ publicKey: encodeCBOR(members) as Bytes }))

describe('a public key', () => {
  it.each<[string, string, Cose, [string | number, unknown][]]>([
    ['malformed_public_key', 'an optional member', -7, [[2, new Uint8Array(4)]]],
    ['malformed_public_key', 'another type', -7, [[1, 1]]],
    ['malformed_public_key', 'a compressed point', -7, [[-3, true]]],
    ['malformed_public_key', 'no y', -7, [[-3, undefined]]],
    ['malformed_public_key', 'a point off the curve', -7, [[-3, new Uint8Array(32).fill(7)]]],
    ['malformed_public_key', 'a short coordinate', -35, [[-2, new Uint8Array(47).fill(7)]]],
    ['malformed_public_key', 'a long coordinate', -36, [[-2, new Uint8Array(67)]]],
    ['malformed_public_key', 'a long Ed25519 key', -8, [[-2, new Uint8Array(33)]]],
    ['malformed_public_key', 'a text as the key', -8, [[-2, 'x'.repeat(32)]]],
    ['malformed_public_key', '2,047 bits', -257, [[-1, new Uint8Array(256).fill(127)]]],
    ['malformed_public_key', 'more than 4,096 bits', -257, [[-1, new Uint8Array(513).fill(1)]]],
    ['malformed_public_key', 'a zero first', -257, [[-1, new Uint8Array(257).fill(255, 1)]]],
    ['malformed_public_key', 'another exponent', -257, [[-2, Uint8Array.of(3)]]],
    ['malformed_public_key', 'a longer exponent', -257, [[-2, Uint8Array.of(0, 1, 0, 1)]]],
    ['unsupported_algorithm', 'no algorithm', -7, [[3, undefined]]],
    ['unsupported_algorithm', 'an algorithm as text', -7, [[3, 'ES256']]],
    [
      'unsupported_algorithm',
      'ES256K',
      -7,
      [
        [3, -47],
        [-1, 8],
      ],
    ],
    ['unsupported_algorithm', 'RS1', -257, [[3, -65535]]],
    [
      'unsupported_algorithm',
      'Ed448 under its own number',
      -8,
      [
        [3, -53],
        [-1, 7],
        [-2, new Uint8Array(57)],
      ],
    ],
    [
      'wrong_curve',
      'Ed448',
      -8,
      [
        [-1, 7],
        [-2, new Uint8Array(57)],
      ],
    ],
    ['wrong_curve', 'P-384 for ES256', -7, [[-1, 2]]],
    ['wrong_curve', 'P-256 for ES384', -35, [[-1, 1]]],
    ['wrong_curve', 'P-256 for ES512', -36, [[-1, 1]]],
  ])('%s: one with %s is refused', async (reason, _, algorithm, changes) => {
    const members = await keyOf(algorithm)
    expect(await refusedKey(members)).toBeNull()
    for (const [label, value] of changes) {
      if (value === undefined) members.delete(label)
      else members.set(label, value)
    }
    expect(await refusedKey(members)).toBe(reason)
  })

  it('is a map', async () => {
    const credential = await creation({ publicKey: encodeCBOR([1, 2, 3]) as Bytes })
    expect(await refusedCreation(credential)).toBe('malformed_public_key')
  })
})

describe('an ECDSA signature', () => {
  /** r and s that are small, or have their highest bit set, and so on. */
  const number = (size: number, ...first: number[]) => {
    const bytes = new Uint8Array(size).fill(0x11)
    bytes.set(first)
    return bytes
  }
  const pair = (r: Bytes, s: Bytes) => toDer(join(r, s))
  const integer = (...bytes: number[]) => Uint8Array.of(2, bytes.length, ...bytes)
  const sequence = (...parts: Bytes[]) => {
    const all = join(...parts)
    return join(Uint8Array.of(0x30, all.length), all)
  }
  const ONE = integer(1)

  it.each<[string, Cose, Bytes]>([
    ['of usual numbers', -7, pair(number(32), number(32))],
    ['of numbers with the highest bit', -7, pair(number(32, 255), number(32, 128))],
    ['of short numbers', -7, pair(number(32, 0, 0, 1), number(32, 0, 255))],
    ['of the shortest numbers', -7, sequence(ONE, integer(0, 0x80))],
    ['of 48 bytes', -35, pair(number(48, 255), number(48))],
    ['of 66 bytes', -36, pair(number(66, 1), number(66, 1))],
    ['of 66 bytes, in a short sequence', -36, sequence(ONE, ONE)],
  ])('%s is read, and found wrong', async (_, algorithm, der) => {
    const { authenticator, stored } = await withPasskey({ algorithm })
    const used = await authenticator.get(REQUEST, { ...PAGE, alter: { signature: () => der } })
    expect(await refusedUse(stored, used)).toBe('wrong_signature')
  })

  it.each<[string, Bytes]>([
    ['is empty', new Uint8Array()],
    ['is two numbers side by side', join(number(32), number(32))],
    ['is no sequence', sequence(ONE, ONE).with(0, 0x31)],
    ['has one number', sequence(ONE)],
    ['has three numbers', sequence(ONE, ONE, ONE)],
    ['has a byte behind it', join(sequence(ONE, ONE), Uint8Array.of(0))],
    ['has a byte behind its numbers', sequence(ONE, ONE, Uint8Array.of(0))],
    ['is cut short', sequence(ONE, ONE).slice(0, -1)],
    ['is shorter than it says', join(Uint8Array.of(0x30, 7), ONE, ONE)],
    ['is longer than it says', join(Uint8Array.of(0x30, 5), ONE, ONE)],
    ['has a number that claims too much', sequence(ONE, Uint8Array.of(2, 2, 1))],
    ['has an indefinite length', join(Uint8Array.of(0x30, 0x80), ONE, ONE, Uint8Array.of(0, 0))],
    ['has its length in a longer form', join(Uint8Array.of(0x30, 0x81, 6), ONE, ONE)],
    ['has its length in two bytes', join(Uint8Array.of(0x30, 0x82, 0, 6), ONE, ONE)],
    ['has the length of a number in a longer form', sequence(ONE, Uint8Array.of(2, 0x81, 1, 1))],
    ['has a number of another type', sequence(ONE, Uint8Array.of(3, 1, 1))],
    ['has a number of no bytes', sequence(ONE, Uint8Array.of(2, 0))],
    ['has a negative number', sequence(ONE, integer(0x80))],
    ['has a needless zero', sequence(ONE, integer(0, 1))],
    ['has two zeros', sequence(ONE, integer(0, 0, 0x80))],
    ['has the number zero', sequence(ONE, integer(0))],
    ['has a number of 33 bytes', sequence(ONE, integer(...number(33, 1)))],
    ['has a number of 33 bytes and a zero', sequence(integer(0, ...number(33, 255)), ONE)],
  ])('that %s is malformed', async (_, der) => {
    const { authenticator, stored } = await withPasskey()
    const used = await authenticator.get(REQUEST, { ...PAGE, alter: { signature: () => der } })
    expect(await refusedUse(stored, used)).toBe('malformed_signature')
  })

  it('is right in all the lengths that it has', async () => {
    const { authenticator, stored } = await withPasskey()
    const lengths = new Set<number>()
    for (let i = 0; i < 100; i += 1) {
      const used = await authenticator.get(REQUEST, PAGE)
      lengths.add(fromBase64Url(used.response.signature).length)
      expect(await refusedUse(stored, used)).toBeNull()
    }
    expect(lengths.size).toBeGreaterThan(2)
  })
})

it.each([
  ['Ed25519', -8, 63],
  ['Ed25519', -8, 65],
] as const)('a signature of %s has 64 bytes', async (_, algorithm, length) => {
  const { authenticator, stored } = await withPasskey({ algorithm })
  const how = { ...PAGE, alter: { signature: () => new Uint8Array(length) } }
  expect(await refusedUse(stored, await authenticator.get(REQUEST, how))).toBe(
    'malformed_signature',
  )
})
