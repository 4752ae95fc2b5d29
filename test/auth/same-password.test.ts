/** A new password differs from the one that it replaces, at every door: a demanded change is a change. */
import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { resetPassword } from '../../src/auth/reset-password'
import { DAY, pass, stopClock } from '../support/clock'
import { changePassword, NEW_PASSWORD, reset, resetToken } from '../support/credentials'
import { depsFor } from '../support/deps'
import { signedInMember, verifiedMember } from '../support/members'
import { named } from '../support/named'
import { login, PASSWORD } from '../support/people'
import { said, staff } from '../support/staff'
import { wrapEnv } from '../support/wrapped-env'

stopClock()

const UNCHANGED = ['new_password password_unchanged']
const store = (id: number, hash: string) =>
  env.DB.prepare('UPDATE users SET hashed_password = ? WHERE id = ?').bind(hash, id).run()

describe('a reset to the same password', () => {
  test('is refused whether or not a change is due, and the link stays good for another', async () => {
    for (const age of [0, 91 * DAY]) {
      const ada = await verifiedMember()
      pass(age)
      const token = await resetToken(ada.email)
      for (let n = 0; n < 3; n++) expect(named(await reset(token, PASSWORD))).toEqual(UNCHANGED)
      expect(said(await reset(token))).toBe('200')
      expect((await login({ ...ada, password: NEW_PASSWORD })).body.restricted).toBeNull()
    }
  })

  test('does not undo a change that an admin demands', async () => {
    const root = await staff('admin')
    const ada = await verifiedMember()
    await root.asks('POST', `/admin/users/${ada.id}/require-password-change`)
    const token = await resetToken(ada.email)
    expect(named(await reset(token, PASSWORD))).toEqual(UNCHANGED)
    expect((await login(ada)).body.restricted).toBe('password_expired')
  })

  test('is refused in another spelling of Unicode too', async () => {
    const ada = await verifiedMember()
    expect(said(await reset(await resetToken(ada.email), 'Caf\u00e9-Horses-7'))).toBe('200')
    const token = await resetToken(ada.email)
    expect(named(await reset(token, 'Cafe\u0301-Horses-7'))).toEqual(UNCHANGED)
  })

  test('names the rules that a password fails, and does not say that it is the current one', async () => {
    const ada = await verifiedMember()
    // An imported password need not meet the rules of today.
    const { hash } = await import('bcryptjs')
    await store(ada.id, await hash('short', 4))
    const refused = named(await reset(await resetToken(ada.email), 'short'))
    expect(refused).toContain('new_password password_too_short')
    expect(refused).not.toContain(UNCHANGED[0])
  })

  test('is told by nothing but the spent link, once the link is spent', async () => {
    const ada = await verifiedMember()
    const token = await resetToken(ada.email)
    let batches = 0
    const overtaken = wrapEnv(env, async ({ name }, go) => {
      if (name === 'DB.batch' && batches++ === 0) await reset(token)
      return go()
    })
    await expect(resetPassword(depsFor({ env: overtaken }), token, PASSWORD)).rejects.toMatchObject(
      { code: 'invalid_token' },
    )
  })
})

test('an imported hash is compared as well, at a change and at a reset', async () => {
  const { hash } = await import('bcryptjs')
  const ada = await signedInMember()
  await store(ada.id, await hash(PASSWORD, 4))
  expect(named(await changePassword(ada, { next: PASSWORD }))).toEqual(UNCHANGED)
  expect(named(await reset(await resetToken(ada.email), PASSWORD))).toEqual(UNCHANGED)
  expect(said(await changePassword(ada))).toBe('200')
})
