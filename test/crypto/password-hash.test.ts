import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadConfig } from '../../src/config'
import {
  hashPassword,
  needsRehash,
  spendHash,
  verifyPassword,
} from '../../src/crypto/password-hash'
import { hashInFull } from '../support/hashes'
import { ring } from './rings'

const PASSWORD = 'pässwörd 🦊 Tr0ub4dor'
const SALT = 'AAECAwQFBgcICQoLDA0ODw'
const full = { rounds: 6, keys: ring('k1') }
const quick = { rounds: 1, keys: ring('k1') }

// Made step by step with node:crypto, from the bytes of k1 (test/crypto/rings.ts) and the salt 00..0f:
//   pepper = hkdfSync('sha256', k1, Buffer.alloc(32), 'gatehouse/password-pepper', 32)
//   m0     = createHmac('sha256', pepper).update(PASSWORD).digest()
//   m(i+1) = pbkdf2Sync(m(i), salt, 100000, 32, 'sha256')         and the hash is m(rounds)
const AFTER_ROUND: Record<number, string> = {
  1: 'XeKzBh4SmmA_Ru4J-AEtXgUOIHfAsd2TCM1Yaoj_X6U',
  2: 'wm5Q5Tv3DQjUeLpHz87kNDSAH9W953yLR8MxrgdOefA',
  6: 'I08yyHRUqSXwmUxeF_wAErW6ADFWTxb3TzsZBAj-wSM',
}
const vector = (rounds: number, keyId = 'k1') =>
  `$gatehouse-pbkdf2$r=${rounds},i=100000,k=${keyId}$${SALT}$${AFTER_ROUND[rounds]}`

hashInFull()
const derive = vi.spyOn(crypto.subtle, 'deriveBits')
/** The iterations of each call, in order. */
const spent = () => derive.mock.calls.map(([algorithm]): number => Object(algorithm).iterations)
beforeEach(() => {
  derive.mockClear()
})
afterEach(() => {
  // The platform's cap: production throws above it, the local runtime does not.
  for (const iterations of spent()) expect(iterations).toBeLessThanOrEqual(100_000)
})

describe('a password hash', () => {
  it('is 600,000 iterations unless set otherwise, never above 100,000 a call', async () => {
    const { PASSWORD_HASH_ROUNDS: rounds } = loadConfig({
      ...env,
      PASSWORD_HASH_ROUNDS: undefined,
    } as Env)
    await hashPassword({ rounds, keys: ring('k1') }, PASSWORD)
    expect(spent()).toEqual([100_000, 100_000, 100_000, 100_000, 100_000, 100_000])
  })

  it.each([1, 2, 6])('of %i rounds verifies as another implementation made it', async (rounds) => {
    expect(await verifyPassword(quick, vector(rounds), PASSWORD)).toBe(true)
    expect(spent()).toHaveLength(rounds)
    expect(await verifyPassword(quick, vector(rounds), `${PASSWORD} `)).toBe(false)
  })

  it('chains: each round is keyed by what the one before gave', async () => {
    await verifyPassword(full, vector(6), PASSWORD)
    const keys = derive.mock.calls.map(([, key]) => key)
    expect(new Set(keys).size).toBe(6)
    const salts = derive.mock.calls.map(([algorithm]) => Object(algorithm).salt)
    for (const salt of salts) expect(salt).toEqual(Uint8Array.from({ length: 16 }, (_, i) => i))
  })

  it('names scheme, rounds, iterations and pepper key, and has a salt of its own', async () => {
    const one = await hashPassword(quick, PASSWORD)
    const two = await hashPassword(quick, PASSWORD)
    const form = /^\$gatehouse-pbkdf2\$r=1,i=100000,k=k1\$([\w-]{22})\$([\w-]{43})$/
    expect(form.exec(one)?.[1]).not.toBe(form.exec(two)?.[1])
    expect(await verifyPassword(quick, one, PASSWORD)).toBe(true)
    expect(await verifyPassword(quick, two, PASSWORD)).toBe(true)
    expect(one.length).toBeLessThan(1000)
  })

  it.each(['', 'short', PASSWORD.normalize('NFD'), PASSWORD.toUpperCase(), `${PASSWORD}\0`])(
    'takes no other password: %j',
    async (other) => {
      expect(await verifyPassword(quick, vector(1), other)).toBe(false)
    },
  )
})

describe('the pepper', () => {
  it('without which nothing verifies is found by its id', async () => {
    expect(await verifyPassword({ rounds: 1, keys: ring('k2', 'k1') }, vector(1), PASSWORD)).toBe(
      true,
    )
    expect(
      await verifyPassword({ rounds: 1, keys: ring('k2', 'k1') }, vector(1, 'k2'), PASSWORD),
    ).toBe(false)
  })

  it('that has been dropped makes the hash verify nothing, after the same work', async () => {
    expect(await verifyPassword({ rounds: 2, keys: ring('k2') }, vector(2), PASSWORD)).toBe(false)
    expect(spent()).toHaveLength(2)
  })

  it('of a new hash is the newest key', async () => {
    expect(await hashPassword({ rounds: 1, keys: ring('k2', 'k1') }, PASSWORD)).toContain(',k=k2$')
  })
})

const good = vector(1)
const MALFORMED = [
  '',
  '$',
  'plain text',
  '$2b$12$eIm2SHQ.3te1d45ZE7Y5CeIevH3xIA7s2.QhWWyvNERTSiF33civ2',
  good.slice(0, -1),
  `${good}A`,
  `${good}\n`,
  ` ${good}`,
  good.replace('gatehouse', 'Gatehouse'),
  good.replace('r=1', 'r=0'),
  good.replace('r=1', 'r=21'),
  good.replace('r=1', 'r=99'),
  good.replace('r=1', 'r=-1'),
  good.replace('r=1', 'r=1000000'),
  good.replace('i=100000', 'i=1'),
  good.replace('i=100000', 'i=600000'),
  good.replace('k=k1', 'k='),
  good.replace('k=k1', 'k=k1,x=1'),
  good.replace(SALT, SALT.slice(1)),
  good.replace(SALT, `${SALT.slice(0, -1)}x`),
  `${good.slice(0, -1)}V`,
]

describe('a malformed stored string', () => {
  it.each(MALFORMED)('%j verifies nothing, after the work of one hash', async (stored) => {
    expect(await verifyPassword({ rounds: 2, keys: ring('k1') }, stored, PASSWORD)).toBe(false)
    expect(spent()).toEqual([100_000, 100_000])
  })
})

describe('a decoy', () => {
  it('for an unknown address does the work of one hash', async () => {
    await spendHash(full, PASSWORD)
    expect(spent()).toHaveLength(6)
  })
})

describe('a hash of fewer rounds than are set now', () => {
  it('costs what an unknown address does, right or wrong', async () => {
    for (const [password, isRight] of [
      [PASSWORD, true],
      ['Wrong', false],
    ] as const) {
      derive.mockClear()
      expect(await verifyPassword(full, vector(2), password)).toBe(isRight)
      expect(spent()).toHaveLength(6)
    }
  })
})

describe('needsRehash', () => {
  it('is said of other rounds, another pepper, another scheme, and of nothing else', () => {
    expect(needsRehash(quick, vector(1))).toBe(false)
    expect(needsRehash({ rounds: 1, keys: ring('k1', 'k2') }, vector(1))).toBe(false)
    expect(needsRehash(full, vector(1))).toBe(true)
    expect(needsRehash({ rounds: 1, keys: ring('k2', 'k1') }, vector(1))).toBe(true)
    expect(needsRehash(quick, '$2b$12$eIm2SHQ.3te1d45ZE7Y5Ce')).toBe(true)
  })

  it('a key whose id only begins alike is another key', () => {
    expect(needsRehash(quick, vector(1, 'k11'))).toBe(true)
  })
})
