import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBase64Url, fromUtf8, randomId, toBase64Url, utf8 } from '../../src/crypto/encoding'
import {
  verifyToken,
  type SignedTokenKind,
  type SignedPayloads,
  signToken,
} from '../../src/crypto/signed-token'
import { ALPHABET, altered, ring } from './rings'

const SUBJECT = 'AAECAwQFBgcICQoLDA0ODw'
const PAYLOADS: SignedPayloads = {
  refresh: { subject: SUBJECT, sid: SUBJECT + SUBJECT, n: 3 },
  challenge: { subject: SUBJECT, cid: SUBJECT },
  passkey: { challenge: SUBJECT, purpose: 'create', expires: 1, to: null },
  device: { subject: SUBJECT, did: SUBJECT, n: 3 },
  undo: { subject: SUBJECT, passkey: SUBJECT, device: null, expires: 1 },
  sign_up: { subject: SUBJECT, expires: 1 },
  page: { subject: SUBJECT, sid: 'x' },
  note: { about: 'signed_out', detail: '' },
}
const KINDS = Object.keys(PAYLOADS) as SignedTokenKind[]
const keys = ring('k1')

describe('a signed token', () => {
  it('verifies to the payload that was signed, and names its key', async () => {
    for (const kind of KINDS) {
      const token = await signToken(keys, kind, PAYLOADS[kind])
      expect(await verifyToken(keys, kind, token)).toEqual({ k: 'k1', ...PAYLOADS[kind] })
    }
  })

  it('is kind, payload and HMAC under the key of the kind', async () => {
    // By node:crypto: body = `page.${base64url('{"k":"k1","subject":...,"sid":"x"}')}`, and then
    // createHmac('sha256', hkdfSync('sha256', <bytes of k1>, Buffer.alloc(32),
    // 'gatehouse/sealed-token/page', 32)).update(body).digest('base64url')
    expect(await signToken(keys, 'page', PAYLOADS.page)).toBe(
      'page.eyJrIjoiazEiLCJzdWJqZWN0IjoiQUFFQ0F3UUZCZ2NJQ1FvTERBME9EdyIsInNpZCI6IngifQ.3s5p3Um6PM7wGUu4fwslvmPD_ucJCMVNKG60gbG-ZUk',
    )
  })

  it.each(KINDS.flatMap((made) => KINDS.map((wanted) => [made, wanted] as const)))(
    'of kind %s opens as %s only if that is its kind, whatever the label says',
    async (made, wanted) => {
      const token = await signToken(keys, made, PAYLOADS[made])
      const relabelled = token.replace(made, wanted)
      const isSame = made === wanted
      expect((await verifyToken(keys, wanted, token)) !== undefined).toBe(isSame)
      expect((await verifyToken(keys, wanted, relabelled)) !== undefined).toBe(isSame)
    },
  )

  it('with any character altered, added or taken away is refused', async () => {
    const token = await signToken(keys, 'refresh', PAYLOADS.refresh)
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), async (at, by) => {
        expect(await verifyToken(keys, 'refresh', altered(token, at, by))).toBeUndefined()
        const cut = token.slice(0, at % token.length)
        expect(await verifyToken(keys, 'refresh', cut)).toBeUndefined()
        expect(await verifyToken(keys, 'refresh', cut + token.slice((at % token.length) + 1))).toBe(
          undefined,
        )
      }),
      { numRuns: 300 },
    )
  })

  it('has one spelling only', async () => {
    const token = await signToken(keys, 'refresh', PAYLOADS.refresh)
    const [kind, payload, mac = ''] = token.split('.')
    const others = [
      `${token}=`,
      ` ${token}`,
      `${token}\n`,
      `${token}.`,
      `${kind}.${payload}=.${mac}`,
      `${kind?.toUpperCase()}.${payload}.${mac}`,
      `${kind}.${payload}.${mac.slice(0, 20)}\n${mac.slice(20)}`,
      token + 'A'.repeat(600),
    ]
    const lastBits = ALPHABET.split('')
    others.push(...lastBits.map((last) => token.slice(0, -1) + last).filter((t) => t !== token))
    for (const other of others) {
      expect(await verifyToken(keys, 'refresh', other), other).toBeUndefined()
    }
  })

  it('refuses malformed payloads and garbage of every shape', async () => {
    const real = await signToken(keys, 'page', PAYLOADS.page)
    const mac = real.split('.')[2]
    for (const json of [
      'null',
      '[]',
      '1',
      '"k1"',
      '{}',
      '{"k":1}',
      '{"k":"k9"}',
      '{"k":"k1"',
      '',
    ]) {
      const token = `page.${toBase64Url(utf8(json))}.${mac}`
      expect(await verifyToken(keys, 'page', token), json).toBeUndefined()
    }
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 700 }), async (text) => {
        expect(await verifyToken(keys, 'page', text)).toBeUndefined()
        expect(await verifyToken(keys, 'page', `page.${text}.${mac}`)).toBeUndefined()
      }),
      { numRuns: 40 },
    )
    expect(
      await verifyToken(keys, 'page', `page.${toBase64Url(new Uint8Array([255]))}.${mac}`),
    ).toBe(undefined)
  })
})

describe('rotation', () => {
  it('a token of an old key opens as long as the key is listed, and new ones use the newest', async () => {
    const old = await signToken(ring('k1'), 'refresh', PAYLOADS.refresh)
    const rotated = ring('k2', 'k1')
    expect(await verifyToken(rotated, 'refresh', old)).toMatchObject(PAYLOADS.refresh)
    const fresh = await signToken(rotated, 'refresh', PAYLOADS.refresh)
    expect(await verifyToken(rotated, 'refresh', fresh)).toMatchObject({ k: 'k2' })
    expect(await verifyToken(ring('k1'), 'refresh', fresh)).toBeUndefined()
  })

  it('dropping a key invalidates its tokens', async () => {
    const old = await signToken(ring('k1'), 'page', PAYLOADS.page)
    expect(await verifyToken(ring('k2'), 'page', old)).toBeUndefined()
  })

  it('naming another listed key does not help a token', async () => {
    const token = await signToken(ring('k1'), 'page', PAYLOADS.page)
    const [kind, payload = '', mac] = token.split('.')
    const json = fromUtf8(fromBase64Url(payload) ?? new Uint8Array())
    const renamed = toBase64Url(utf8(json.replace('"k1"', '"k2"')))
    expect(await verifyToken(ring('k2', 'k1'), 'page', `${kind}.${renamed}.${mac}`)).toBeUndefined()
  })

  it('the same payload gives the same token, another counter another', async () => {
    const sign = (n: number) => signToken(keys, 'refresh', { ...PAYLOADS.refresh, n })
    expect(await sign(1)).toBe(await sign(1))
    expect(await sign(1)).not.toBe(await sign(2))
    const sid = SUBJECT + randomId()
    expect(await signToken(keys, 'refresh', { ...PAYLOADS.refresh, n: 1, sid })).not.toBe(
      await sign(1),
    )
  })
})
