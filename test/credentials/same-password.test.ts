/** A new password differs from the one that it replaces, at every door: a demanded change is a change. */
import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { resetPassword } from '../../src/credentials/reset-password'
import { rowsOf } from '../db/rows'
import { said } from '../support/api'
import { DAY, pass, stopClock } from '../support/clock'
import {
  changePassword,
  mailedToken,
  moveTo,
  NEW_PASSWORD,
  reset,
  resetToken,
  sendAll,
  undoChange,
} from '../support/credentials'
import { depsFor } from '../support/deps'
import { named } from '../support/named'
import { freshEmail, makeUser, PASSWORD, signedInUser, staff } from '../support/users'
import { postSignIn } from '../support/users-by-api'
import { wrapEnv } from '../support/wrapped-env'

stopClock()

const UNCHANGED = ['new_password password_unchanged']
const store = (id: number, hash: string) =>
  env.DB.prepare('UPDATE users SET hashed_password = ? WHERE id = ?').bind(hash, id).run()

describe('a reset to the same password', () => {
  test('is refused whether or not a change is due, and the link stays good for another', async () => {
    for (const age of [0, 91 * DAY]) {
      const ada = await makeUser()
      pass(age)
      const token = await resetToken(ada.email)
      for (let n = 0; n < 3; n++) expect(named(await reset(token, PASSWORD))).toEqual(UNCHANGED)
      expect(said(await reset(token))).toBe('200')
      expect((await postSignIn({ ...ada, password: NEW_PASSWORD })).body.restricted).toBeNull()
    }
  })

  test('does not undo a change that an admin demands', async () => {
    const root = await staff('admin')
    const ada = await makeUser()
    await root.asks('POST', `/admin/users/${ada.id}/require-password-change`)
    const token = await resetToken(ada.email)
    expect(named(await reset(token, PASSWORD))).toEqual(UNCHANGED)
    expect((await postSignIn(ada)).body.restricted).toBe('password_expired')
  })

  test('is refused in another spelling of Unicode too', async () => {
    const ada = await makeUser()
    expect(said(await reset(await resetToken(ada.email), 'Caf\u00e9-Horses-7'))).toBe('200')
    const token = await resetToken(ada.email)
    expect(named(await reset(token, 'Cafe\u0301-Horses-7'))).toEqual(UNCHANGED)
  })

  test('names the rules that a password fails, and does not say that it is the current one', async () => {
    const ada = await makeUser()
    // An imported password need not meet the rules of today.
    const { hash } = await import('bcryptjs')
    await store(ada.id, await hash('short', 4))
    const refused = named(await reset(await resetToken(ada.email), 'short'))
    expect(refused).toContain('new_password password_too_short')
    expect(refused).not.toContain(UNCHANGED[0])
  })

  test('answers invalid_token once the link has been used', async () => {
    const ada = await makeUser()
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
  const ada = await signedInUser()
  await store(ada.id, await hash(PASSWORD, 4))
  expect(named(await changePassword(ada, { next: PASSWORD }))).toEqual(UNCHANGED)
  expect(named(await reset(await resetToken(ada.email), PASSWORD))).toEqual(UNCHANGED)
  expect(said(await changePassword(ada))).toBe('200')
})

describe('an imported hash of a password with an accent', () => {
  const [nfc, nfd] = ['NFC', 'NFD'].map((form) => 'P\u00e4sswort-Horse-7'.normalize(form))

  test.each([
    ['composed', nfc],
    ['decomposed', nfd],
  ])(
    'is known by a reset in both forms of Unicode, whichever was hashed: %s',
    async (_, hashed) => {
      const { hash } = await import('bcryptjs')
      const ada = await makeUser()
      await store(ada.id, await hash(hashed ?? '', 4))
      for (const form of [nfc, nfd]) {
        expect(named(await reset(await resetToken(ada.email), form))).toEqual(UNCHANGED)
      }
      expect(said(await reset(await resetToken(ada.email)))).toBe('200')
    },
  )

  test('is known by a change too, which compares more than texts', async () => {
    const { hash } = await import('bcryptjs')
    const ada = await signedInUser()
    // The hash sees 72 bytes, so both endings are the same password to it.
    const long = `P\u00e4sswort-7${'Horse-Battery'.repeat(6)}`
    await store(ada.id, await hash(long, 4))
    const next = `${long.normalize('NFD')}-other`
    const current = `${long}-one`
    expect(named(await changePassword(ada, { current, next }))).toEqual(UNCHANGED)
  })
})

describe('a password that has become void', () => {
  const voided = async (id: number) =>
    (await rowsOf('SELECT hashed_password, voided_password FROM users WHERE id = ?', id))[0]

  test.each(['as it was', 'once a change was demanded', 'imported'])(
    'by an undone change of address is not taken again: %s',
    async (how) => {
      const ada = await signedInUser()
      if (how === 'imported') {
        const { hash } = await import('bcryptjs')
        await store(ada.id, await hash(PASSWORD, 4))
      }
      const undo = await moveTo(ada, ada.email, freshEmail())
      if (how.startsWith('once')) {
        const root = await staff('admin')
        await root.asks('POST', `/admin/users/${ada.id}/require-password-change`)
      }
      expect(said(await undoChange(undo))).toBe('200')
      const token = await mailedToken(ada.email, '/reset-password')
      expect(named(await reset(token, PASSWORD))).toEqual(UNCHANGED)
      expect(said(await postSignIn(ada))).toBe('401 invalid_credentials')
      expect(said(await reset(token))).toBe('200')
      expect((await postSignIn({ ...ada, password: NEW_PASSWORD })).body.restricted).toBeNull()
      // It was kept for this alone.
      expect((await voided(ada.id))?.['voided_password']).toBeNull()
      expect(said(await reset(await resetToken(ada.email), PASSWORD))).toBe('200')
    },
  )

  test('stays known when another change is undone before there is a new one', async () => {
    const ada = await signedInUser()
    const second = freshEmail()
    const undos = [await moveTo(ada, ada.email, second), await moveTo(ada, second, freshEmail())]
    for (const undo of undos.toReversed()) expect(said(await undoChange(undo))).toBe('200')
    await sendAll()
    const token = await mailedToken(ada.email, '/reset-password')
    expect(named(await reset(token, PASSWORD))).toEqual(UNCHANGED)
  })

  test.each(['activation', 'new address'])(
    'because an admin vouched for an address that nobody had proved is not taken again: %s',
    async (how) => {
      const root = await staff('admin')
      const { id, email } = await makeUser({ status: 'pending' })
      const other = freshEmail()
      const to = how === 'activation' ? email : other
      if (how === 'activation') {
        await root.asks('PUT', `/admin/users/${id}/status`, { is_active: true })
      } else {
        await root.asks('PATCH', `/admin/users/${id}`, { email: other })
      }
      await sendAll()
      const token = await mailedToken(to, '/reset-password')
      expect(named(await reset(token, PASSWORD))).toEqual(UNCHANGED)
      expect(said(await reset(token))).toBe('200')
      expect((await voided(id))?.['voided_password']).toBeNull()
    },
  )

  test('goes with the stranger’s account that an invitation takes over', async () => {
    const root = await staff('admin')
    const { id, email } = await makeUser({ status: 'pending' })
    await env.DB.prepare('UPDATE users SET voided_password = hashed_password WHERE id = ?')
      .bind(id)
      .run()
    await root.asks('POST', '/admin/users', { email, full_name: 'Ada Lovelace' })
    expect(await voided(id)).toEqual({ hashed_password: null, voided_password: null })
  })
})
