/** Time-based codes against RFC 6238 appendix B, and the window around them. */
import { describe, expect, it } from 'vitest'
import { matchStep, newSecret, otpauthUri } from '../../../src/factors/totp/totp'
import { codeAt, STEP_MS, toBase32 } from '../../support/totp'

/** Appendix B, SHA-1: seconds since the epoch and the code of eight digits; ours are its last six. */
const VECTORS = [
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
] as const
const SECRET = toBase32(new TextEncoder().encode('12345678901234567890'))

describe('the vectors of RFC 6238', () => {
  it.each(VECTORS)('hold at %i seconds', async (seconds, digits) => {
    expect(await codeAt(SECRET, seconds * 1000, 8)).toBe(digits)
    expect(matchStep(SECRET, digits.slice(2), seconds * 1000)).toBe(Math.floor(seconds / 30))
  })
})

describe('the window', () => {
  const at = Date.UTC(2031, 4, 6, 7, 8, 0)

  it('is one step either way, whatever the instant within the step', async () => {
    const secret = newSecret()
    const step = at / STEP_MS
    for (const now of [at, at + 1, at + 15_000, at + STEP_MS - 1]) {
      const matched = []
      for (const steps of [-3, -2, -1, 0, 1, 2, 3]) {
        matched.push(matchStep(secret, await codeAt(secret, at + steps * STEP_MS), now))
      }
      expect(matched).toEqual([null, null, step - 1, step, step + 1, null, null])
    }
  })

  it('takes nothing but six ASCII digits', async () => {
    const code = await codeAt(SECRET, at)
    const wide = code.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))
    for (const odd of [
      '',
      ' ',
      wide,
      `${code} `,
      ` ${code}`,
      `${code}0`,
      code.slice(1),
      `+${code}`,
    ]) {
      expect(matchStep(SECRET, odd, at), odd).toBeNull()
    }
  })
})

describe('a secret', () => {
  it('has 160 random bits in base32', () => {
    const secrets = Array.from({ length: 50 }, newSecret)
    for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(new Set(secrets).size).toBe(50)
  })

  it('stands in a URI that says what authenticator apps take for granted', () => {
    const uri = new URL(otpauthUri(SECRET, 'Gate & House', 'ada+1@example.com'))
    expect([uri.protocol, uri.host]).toEqual(['otpauth:', 'totp'])
    expect(decodeURIComponent(uri.pathname)).toBe('/Gate & House:ada+1@example.com')
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      issuer: 'Gate & House',
      secret: SECRET,
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    })
  })
})
