import { describe, expect, it } from 'vitest'
import { randomId, sha256 } from '../../src/crypto/encoding'
import { mailToken, mailTokenHash, TOKEN_PURPOSES } from '../../src/crypto/mail-token'
import { ring } from './rings'

const OUTBOX_ID = 'AAECAwQFBgcICQoLDA0ODw'

describe('a mailed token', () => {
  it('is the HMAC of the row id under the key of its purpose', async () => {
    // By node:crypto: createHmac('sha256', hkdfSync('sha256', <bytes of k1>, Buffer.alloc(32),
    // 'gatehouse/mail-token/verify_email', 32)).update(OUTBOX_ID).digest('base64url')
    expect(await mailToken(ring('k1'), 'k1', 'verify_email', OUTBOX_ID)).toBe(
      'Qct65FZycH5a5jeZRiJYDx0CEGHA9Ohe9YfRsLpvv14',
    )
  })

  it('is the same each time and in each isolate, so a retried mail carries the same link', async () => {
    const id = randomId()
    const first = await mailToken(ring('k1'), 'k1', 'reset_password', id)
    expect(await mailToken(ring('k2', 'k1'), 'k1', 'reset_password', id)).toBe(first)
  })

  it('differs by row, by purpose and by key', async () => {
    const keys = ring('k2', 'k1')
    const tokens: (string | undefined)[] = []
    for (const purpose of TOKEN_PURPOSES) {
      for (const keyId of keys.ids) {
        for (const id of [OUTBOX_ID, randomId()]) {
          tokens.push(await mailToken(keys, keyId, purpose, id))
        }
      }
    }
    expect(new Set(tokens).size).toBe(TOKEN_PURPOSES.length * 4)
    for (const token of tokens) expect(token).toMatch(/^[\w-]{43}$/)
  })

  it('cannot be made once its key has been dropped', async () => {
    expect(await mailToken(ring('k2'), 'k1', 'verify_email', OUTBOX_ID)).toBeUndefined()
  })

  it('is stored as its SHA-256, in the 43 characters that the table demands', async () => {
    const token = (await mailToken(ring('k1'), 'k1', 'verify_email', OUTBOX_ID)) ?? ''
    expect(await mailTokenHash(token)).toBe(await sha256(token))
    expect(await mailTokenHash(token)).toMatch(/^[\w-]{43}$/)
  })
})
