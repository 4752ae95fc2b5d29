/** Changing one's own password: proved, counted, and the end of everything that hung on the old one. */
import { describe, expect, it } from 'vitest'
import { rowsOf } from '../db/rows'
import { post, said } from '../support/api'
import { MINUTE, pass, stopClock } from '../support/clock'
import {
  changePassword,
  changeToken,
  verifyChange,
  INVALID_TOKEN,
  NEW_PASSWORD,
  reset,
  resetToken,
  WRONG_PASSWORD,
} from '../support/credentials'
import { hashing } from '../support/hashes'
import { mailsTo, mailTo } from '../support/mailbox'
import { named } from '../support/named'
import { challengeOf, freshCode, userWithSecondFactor, verify } from '../support/second-factor'
import { freshEmail, signedInUser } from '../support/users'
import { postSignIn, session } from '../support/users-by-api'

stopClock()

const refresh = (refresh_token: unknown) => post('/api/v1/auth/refresh', { refresh_token })

describe('a changed password', () => {
  it('revokes every session, the caller’s too, and is the only one that signs in', async () => {
    const ada = await signedInUser({ remember_me: true })
    const other = (await postSignIn(ada, { remember_me: true })).body
    const { status, body } = await changePassword(ada)
    expect([status, body]).toEqual([200, { message: 'Password changed successfully' }])
    for (const token of [ada.token, other.access_token]) {
      expect(said(await session(token))).toBe('401 invalid_access_token')
    }
    for (const token of [ada.refreshToken, other.refresh_token]) {
      expect(said(await refresh(token))).toBe('401 invalid_refresh_token')
    }
    expect(said(await postSignIn(ada))).toBe('401 invalid_credentials')
    expect(said(await postSignIn({ ...ada, password: NEW_PASSWORD }))).toBe('200')
  })

  it('revokes pending mailed tokens', async () => {
    const ada = await signedInUser()
    const address = freshEmail()
    const [resetting, moving] = [await resetToken(ada.email), await changeToken(ada, address)]
    expect((await changePassword(ada)).status).toBe(200)
    expect(said(await reset(resetting))).toBe(INVALID_TOKEN)
    expect(said(await verifyChange(moving))).toBe(INVALID_TOKEN)
    expect(await rowsOf('SELECT 1 FROM one_time_tokens WHERE user_id = ?', ada.id)).toEqual([])
  })

  it('sends an email with time and country, without either password', async () => {
    const ada = await signedInUser()
    const before = mailsTo(ada.email).length
    await changePassword(ada)
    const mail = await mailTo(ada.email, before + 1)
    expect(mail.subject).toBe('Your password at Gatehouse was changed')
    expect(mail.text).toContain(new Date().toISOString().slice(0, 16).replace('T', ' '))
    for (const secret of [ada.password, NEW_PASSWORD, 'token=']) {
      expect(mail.text + mail.html).not.toContain(secret)
    }
    const [row] = await rowsOf(
      "SELECT data FROM audit_log WHERE event = 'user.password_changed' AND target_id = ?",
      ada.id,
    )
    expect(row).toEqual({ data: '{}' })
  })

  it('keeps the second factor', async () => {
    const ada = await userWithSecondFactor()
    expect((await changePassword(ada)).status).toBe(200)
    const challenge = await challengeOf({ ...ada, password: NEW_PASSWORD })
    expect(said(await verify(challenge, { code: await freshCode(ada) }))).toBe('200')
  })
})

describe('what is refused', () => {
  it('a wrong current password, with the session left alive', async () => {
    const ada = await signedInUser()
    const reply = await changePassword(ada, { current: WRONG_PASSWORD })
    expect(said(reply)).toBe('400 incorrect_password')
    expect(reply.body.detail).toBe('Current password is incorrect')
    expect((await session(ada.token)).status).toBe(200)
  })

  it('the same password again, also in another spelling of Unicode', async () => {
    const accented = 'Caf\u00e9-Horses-7'
    const ada = await signedInUser()
    const same = await changePassword(ada, { next: ada.password })
    expect(named(same)).toEqual(['new_password password_unchanged'])
    await changePassword(ada, { next: accented })
    const { access_token: token } = (await postSignIn({ ...ada, password: accented })).body
    const again = await changePassword(
      { token },
      { current: accented, next: 'Cafe\u0301-Horses-7' },
    )
    expect(named(again)).toEqual(['new_password password_unchanged'])
    expect((await session(token)).status).toBe(200)
  })

  it('a weak one, with every rule that it fails, its owner’s address and name among them', async () => {
    const ada = await signedInUser()
    expect(named(await changePassword(ada, { next: 'plough' }))).toEqual(
      ['no_digit', 'no_special', 'no_uppercase', 'too_short'].map(
        (code) => `new_password password_${code}`,
      ),
    )
    const [local = ''] = ada.email.split('@')
    const personal = await changePassword(ada, { next: `Lovelace-${local}-1` })
    expect(named(personal)).toEqual([
      'new_password password_contains_email',
      'new_password password_contains_name',
    ])
    expect((await session(ada.token)).status).toBe(200)
  })
})

describe('guessing the current password with a stolen session', () => {
  it('is hashed ten times in a quarter of an hour, however many are thrown at once', async () => {
    const ada = await signedInUser()
    const { hashes, result } = await hashing(() =>
      Promise.all(
        Array.from({ length: 40 }, () => changePassword(ada, { current: WRONG_PASSWORD })),
      ),
    )
    expect(hashes).toHaveLength(10)
    expect(result.filter(({ body }) => body.code === 'too_many_attempts')).toHaveLength(30)
    const locked = await changePassword(ada)
    expect(said(locked)).toBe('429 too_many_attempts')
    expect(locked.headers.get('retry-after')).toBe('900')
    expect((await postSignIn(ada)).status).toBe(200)

    pass(15 * MINUTE)
    expect(said(await changePassword(ada))).toBe('200')
  })

  it('shares its budget with every other proof of the password', async () => {
    const ada = await signedInUser()
    const { token } = ada
    const wrong = { password: WRONG_PASSWORD }
    for (let n = 0; n < 5; n++) {
      await changePassword(ada, { current: WRONG_PASSWORD })
      await post('/api/v1/users/2fa/setup', wrong, { token })
    }
    const email = { ...wrong, new_email: freshEmail() }
    for (const [path, body] of [
      ['2fa/setup', { password: ada.password }],
      ['change-email', email],
      ['2fa/disable', { ...wrong, code: '123456' }],
      ['2fa/recovery-codes', { ...wrong, code: '123456' }],
    ] as const) {
      const reply = await post(`/api/v1/users/${path}`, body, { token })
      expect(said(reply), path).toBe('429 too_many_attempts')
    }
  })
})
