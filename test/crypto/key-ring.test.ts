import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toBase64Url, utf8 } from '../../src/crypto/encoding'
import { type KeyRing, KeyRingError, parseKeyRing } from '../../src/crypto/key-ring'
import { ring, ringText, secretOf } from './rings'

const keyOf = (bytes: Uint8Array) => toBase64Url(bytes)
const bytes = (length: number, byte: (i: number) => number) =>
  Uint8Array.from({ length }, (_, i) => byte(i))
const random = (length: number) => keyOf(crypto.getRandomValues(new Uint8Array(length)))

function refusal(text: string): string {
  try {
    parseKeyRing(text)
    return 'taken'
  } catch (error) {
    expect(error).toBeInstanceOf(KeyRingError)
    return (error as KeyRingError).message
  }
}

const mac = async (keys: KeyRing, id: string, use: string) => {
  const key = await keys.hmac(id, use)
  return key && toBase64Url(await crypto.subtle.sign('HMAC', key, utf8('x')))
}

describe('a ring', () => {
  it('keeps its ids newest first, and spaces around entries are nothing', () => {
    const keys = parseKeyRing(` k2:${secretOf('k2')} , k1:${secretOf('k1')}\n`)
    expect(keys.ids).toEqual(['k2', 'k1'])
    expect([keys.has('k1'), keys.has('k2'), keys.has('k3')]).toEqual([true, true, false])
  })

  it('has no key for an id that is not listed, nor for a name that every object has', () => {
    for (const id of ['k9', '', 'constructor', '__proto__']) {
      expect([ring('k1').hmac(id, 'a'), ring('k1').aes(id, 'a')], id).toEqual([
        undefined,
        undefined,
      ])
    }
  })

  it('takes any random 32 bytes or more, with or without padding', () => {
    fc.assert(
      fc.property(fc.integer({ min: 32, max: 64 }), (length) => {
        expect(refusal(`k1:${random(length)}`)).toBe('taken')
      }),
    )
    expect(refusal(`k1:${secretOf('k1')}=`)).toBe('taken')
  })
})

describe('refused', () => {
  it.each([
    ['', 'entries read id:base64url'],
    [',', 'entries read id:base64url'],
    [secretOf('k1'), 'entries read id:base64url'],
    ['hunter2', 'entries read id:base64url'],
    [`k-1:${secretOf('k1')}`, 'entries read id:base64url'],
    [`${'k'.repeat(17)}:${secretOf('k1')}`, 'entries read id:base64url'],
    [`k1:${secretOf('k1')}:more`, 'entries read id:base64url'],
    [`${ringText('k1')},`, 'entries read id:base64url'],
    [`k1:${secretOf('k1').slice(0, -1)}!`, 'entry k1 is not base64url'],
    ['k1:', 'entry k1 is shorter than 32 bytes'],
    [`k1:${random(31)}`, 'entry k1 is shorter than 32 bytes'],
    [`k2:${secretOf('k2')},k1:${random(31)}`, 'entry k1 is shorter than 32 bytes'],
    [ringText('k1', 'k2', 'k1'), 'an id stands twice'],
  ])('%j, because %s', (text, reason) => {
    expect(refusal(text)).toBe(reason)
  })

  it.each([
    ['one byte again and again', keyOf(bytes(32, () => 65))],
    ['two bytes', keyOf(bytes(48, (i) => (i % 2 ? 200 : 3)))],
    ['a piece that repeats', keyOf(bytes(40, (i) => (i % 20) * 13))],
    ['a word typed as base64url', 'change_me_'.repeat(5).slice(0, 44)],
    ['bytes that count up', keyOf(bytes(32, (i) => i))],
    ['a phrase', keyOf(utf8('my very own secret, do not tell anybody'))],
    [
      'hexadecimal digits',
      keyOf(utf8('9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b')),
    ],
  ])('a sample is refused: %s', (_, secret) => {
    expect(refusal(`k1:${secret}`)).toBe('entry k1 is a sample, not random')
  })

  it('no refusal ever tells a part of the secret', () => {
    const secret = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme-ascii' })
    const forms = fc.constantFrom(
      (text: string) => text,
      (text: string) => `:${text}`,
      (text: string) => `k1:${text}`,
      (text: string) => `k1:${text}:`,
      (text: string) => `k2:${secretOf('k2')},${text}`,
    )
    fc.assert(
      fc.property(secret, forms, (text, form) => {
        // Behind the colon of an entry, or the whole entry if it has none: ids are no secret.
        const secrets = form(text)
          .split(',')
          .map((entry) => entry.replace(/^\s*[A-Za-z0-9]{1,16}:/, ''))
        const parts = secrets
          .flatMap((entry) => entry.split(/[\s:]/))
          .filter((part) => part.length > 5)
        const said = refusal(form(text))
        for (const part of parts) expect(said).not.toContain(part)
      }),
    )
  })
})

describe('derived keys', () => {
  it('differ by use and by entry, and are the same in every isolate', async () => {
    const uses = ['password-pepper', 'mail-token/verify_email', 'mail-token/reset_password']
    const macs: (string | undefined)[] = []
    for (const use of uses) {
      for (const id of ['k1', 'k2']) {
        const made = await mac(ring('k1', 'k2'), id, use)
        expect(made).toBe(await mac(ring('k2', 'k1'), id, use))
        macs.push(made)
      }
    }
    expect(new Set(macs).size).toBe(6)
  })

  it('of one use but for another algorithm do not give out the other', async () => {
    const keys = ring('k1')
    const hmac = await keys.hmac('k1', 'same')
    const aes = await keys.aes('k1', 'same')
    expect([hmac?.algorithm.name, aes?.algorithm.name]).toEqual(['HMAC', 'AES-GCM'])
    expect([hmac?.usages, aes?.usages]).toEqual([
      ['sign', 'verify'],
      ['encrypt', 'decrypt'],
    ])
  })

  it('cannot be exported', async () => {
    const key = await ring('k1').hmac('k1', 'a')
    expect(key?.extractable).toBe(false)
  })
})
