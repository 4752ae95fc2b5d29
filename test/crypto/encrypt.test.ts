import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decrypt, encrypt, keyIdOf } from '../../src/crypto/encrypt'
import { altered, ring } from './rings'

const PLACE = 'users.two_factor_secret/ada'
const keys = ring('k1')

describe('an encrypted value', () => {
  it('decrypts under its own context, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 80 }), async (text) => {
        expect(await decrypt(keys, PLACE, await encrypt(keys, PLACE, text))).toBe(text)
      }),
      { numRuns: 50 },
    )
  })

  it('shows its key id and nothing of the plaintext', async () => {
    const locked = await encrypt(keys, PLACE, 'JBSWY3DPEHPK3PXP')
    expect(locked).toMatch(/^k1\.[\w-]{16}\.[\w-]{43}$/)
    expect(keyIdOf(locked)).toBe('k1')
    expect(locked).not.toContain('JBSWY3DPEHPK3PXP')
  })

  it('is never the same twice', async () => {
    const locked = await Promise.all(Array.from({ length: 50 }, () => encrypt(keys, PLACE, 'same')))
    expect(new Set(locked.map((text) => text.split('.')[1])).size).toBe(50)
  })

  it.each([
    'users.two_factor_secret/bob',
    'users.two_factor_pending_secret/ada',
    'user.s/ada',
  ] as const)('that was moved to %s does not open', async (place) => {
    const locked = await encrypt(keys, PLACE, 'secret')
    await expect(decrypt(keys, place, locked)).rejects.toThrow()
  })

  it('does not decrypt with any character altered, added or removed', async () => {
    const locked = await encrypt(keys, PLACE, 'a secret of some length')
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), async (at, by) => {
        await expect(decrypt(keys, PLACE, altered(locked, at, by))).rejects.toThrow()
        await expect(decrypt(keys, PLACE, locked.slice(0, at % locked.length))).rejects.toThrow()
      }),
    )
    for (const other of [`${locked}.`, `${locked}.AAAA`, `${locked}=`, '', '..', 'k1..']) {
      await expect(decrypt(keys, PLACE, other), other).rejects.toThrow()
    }
  })
})

describe('rotation', () => {
  it('an old key still decrypts its values, and new values use the newest key', async () => {
    const old = await encrypt(ring('k1'), PLACE, 'secret')
    const rotated = ring('k2', 'k1')
    expect(await decrypt(rotated, PLACE, old)).toBe('secret')
    expect(keyIdOf(await encrypt(rotated, PLACE, 'secret'))).toBe('k2')
  })

  it('without its key a value does not open, and the error names the column alone', async () => {
    const old = await encrypt(ring('k1'), PLACE, 'secret')
    await expect(decrypt(ring('k2'), PLACE, old)).rejects.toThrow(
      /^cannot decrypt users\.two_factor_secret: no such key$/,
    )
  })

  it('a value relabelled with another listed key does not open', async () => {
    const old = await encrypt(ring('k1'), PLACE, 'secret')
    await expect(decrypt(ring('k2', 'k1'), PLACE, old.replace('k1', 'k2'))).rejects.toThrow()
  })
})
