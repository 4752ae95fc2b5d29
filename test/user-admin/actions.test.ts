/** The single actions: second factor, password change, mails, locks. Each is what it says and no more. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { post, said } from '../support/api'
import { stopClock } from '../support/clock'
import { mailsTo, mailTo, tokenIn } from '../support/mailbox'
import { loseWakeUps } from '../support/outbox'
import { challengeOf, freshCode, userWithSecondFactor, verify } from '../support/second-factor'
import { wrongCode } from '../support/totp'
import {
  eventsAbout,
  freshEmail,
  makeUser,
  PASSWORD,
  rowOf,
  type SignedInUser,
  signedInUser,
  staff,
} from '../support/users'
import { postSignIn, registerByApi, session } from '../support/users-by-api'

stopClock()

let root: SignedInUser
beforeAll(async () => {
  loseWakeUps()
  root = await staff('admin')
})

const act = (id: number, action: string) => root.asks('POST', `/admin/users/${id}/${action}`)
const NEW_PASSWORD = 'Battery-Staple-8'

describe('reset-2fa', () => {
  test('turns the factor off, revokes sessions and challenges, and tells the user', async () => {
    const ada = await userWithSecondFactor()
    const challenge = await challengeOf(ada)
    const mails = mailsTo(ada.email).length
    expect(said(await act(ada.id, 'reset-2fa'))).toBe('200')
    expect((await session(ada.token)).status).toBe(401)
    const late = await verify(challenge, { code: await freshCode(ada) })
    expect(late.status).toBe(401)
    const byCode = await verify(challenge, { recovery_code: ada.recoveryCodes[0] })
    expect(byCode.status).toBe(401)
    const { status, body } = await postSignIn(ada)
    expect([status, body.user.two_factor_enabled]).toEqual([200, false])
    const codes = await env.DB.prepare('SELECT 1 FROM recovery_codes WHERE user_id = ?')
      .bind(ada.id)
      .first()
    expect(codes).toBeNull()
    expect(await rowOf(ada.id)).toMatchObject({ two_factor_secret: null })
    await mailTo(ada.email, mails + 1)
    expect(mailsTo(ada.email).map(({ subject }) => subject)).toContainEqual(
      expect.stringContaining('was reset'),
    )
    expect(await eventsAbout(ada.id)).toContain('admin.two_factor_reset')
  })

  test('drops a setup that was begun, and where there is nothing changes nothing', async () => {
    const ada = await staff()
    await ada.asks('POST', '/users/2fa/setup', { password: PASSWORD })
    expect(said(await act(ada.id, 'reset-2fa'))).toBe('200')
    expect(await rowOf(ada.id)).toMatchObject({ two_factor_pending_secret: null })
    const before = await rowOf(ada.id)
    expect(said(await act(ada.id, 'reset-2fa'))).toBe('200')
    expect(await rowOf(ada.id)).toEqual(before)
    expect((await eventsAbout(ada.id)).filter((event) => event.startsWith('admin'))).toHaveLength(1)
  })
})

describe('require-password-change', () => {
  test('restricts a live session at once, until the password is changed', async () => {
    const ada = await staff('moderator')
    expect((await session(ada.token)).status).toBe(200)
    expect(said(await act(ada.id, 'require-password-change'))).toBe('200')
    for (const path of ['/auth/session', '/users/profile', '/users/export', '/users/permissions']) {
      expect(said(await ada.asks('GET', path)), path).toBe('403 password_expired')
    }
    const again = await postSignIn(ada)
    expect([again.status, again.body.restricted]).toEqual([200, 'password_expired'])
    const passwords = { current_password: PASSWORD, new_password: NEW_PASSWORD }
    expect(said(await ada.asks('POST', '/users/change-password', passwords))).toBe('200')
    const unrestricted = await postSignIn({ ...ada, password: NEW_PASSWORD })
    expect([unrestricted.status, unrestricted.body.restricted]).toEqual([200, null])
  })

  test('is met by a reset as well', async () => {
    const ada = await makeUser()
    await act(ada.id, 'require-password-change')
    await act(ada.id, 'send-password-reset')
    const token = tokenIn(await mailTo(ada.email), '/reset-password')
    await post('/api/v1/auth/reset-password', { token, new_password: NEW_PASSWORD })
    expect((await postSignIn({ ...ada, password: NEW_PASSWORD })).body.restricted).toBeNull()
  })
})

describe('resend-verification', () => {
  test('mails a registered user a fresh link to verify', async () => {
    const ada = await registerByApi()
    await mailTo(ada.email)
    expect(said(await act(ada.id, 'resend-verification'))).toBe('200')
    const token = tokenIn(await mailTo(ada.email, 2), '/verify-email')
    expect((await post('/api/v1/auth/verify-email', { token })).status).toBe(200)
    expect((await postSignIn(ada)).status).toBe(200)
  })

  test('mails an invited user a fresh invitation', async () => {
    const email = freshEmail()
    const { body } = await root.asks('POST', '/admin/users', { email, full_name: 'Eve Evans' })
    await mailTo(email)
    expect(said(await act(body.id, 'resend-verification'))).toBe('200')
    const token = tokenIn(await mailTo(email, 2), '/accept-invitation')
    const accepted = await post('/api/v1/auth/accept-invitation', { token, password: PASSWORD })
    expect(accepted.status).toBe(200)
    expect((await postSignIn({ id: body.id, email, password: PASSWORD })).status).toBe(200)
  })

  test('is 409 for who is active or deactivated, and sends nothing', async () => {
    for (const status of ['active', 'deactivated'] as const) {
      const ada = await makeUser({ status })
      expect(said(await act(ada.id, 'resend-verification'))).toBe('409 wrong_status')
      expect(await eventsAbout(ada.id)).toEqual([])
      const pending = await env.DB.prepare('SELECT 1 FROM outbox WHERE subject = ?')
        .bind(ada.subject)
        .first()
      expect(pending).toBeNull()
    }
  })
})

describe('send-password-reset', () => {
  test('mails a link; sessions live until it is used', async () => {
    const ada = await staff()
    expect(said(await act(ada.id, 'send-password-reset'))).toBe('200')
    expect((await session(ada.token)).status).toBe(200)
    const token = tokenIn(await mailTo(ada.email), '/reset-password')
    const body = { token, new_password: NEW_PASSWORD }
    expect((await post('/api/v1/auth/reset-password', body)).status).toBe(200)
    expect((await session(ada.token)).status).toBe(401)
    expect((await postSignIn({ ...ada, password: NEW_PASSWORD })).status).toBe(200)
  })

  test('is not held back by the budget of mails that anyone may ask for', async () => {
    const ada = await makeUser()
    for (let i = 0; i < 7; i++) expect(said(await act(ada.id, 'send-password-reset'))).toBe('200')
    await mailTo(ada.email, 7)
    expect(mailsTo(ada.email)).toHaveLength(7)
  })
})

describe('unlock', () => {
  test('opens an address that too many wrong passwords have shut', async () => {
    const ada = await makeUser()
    const ip = '192.0.2.7'
    for (let i = 0; i < 11; i++) await postSignIn({ ...ada, password: 'Wrong-Horse-7' }, {}, { ip })
    expect(said(await postSignIn(ada, {}, { ip }))).toBe('429 too_many_attempts')
    expect(said(await act(ada.id, 'unlock'))).toBe('200')
    expect((await postSignIn(ada, {}, { ip })).status).toBe(200)
    expect(await eventsAbout(ada.id)).toEqual(['admin.user_unlocked'])
  })

  test('opens the second factor, and the proofs of a signed-in user', async () => {
    const ada = await userWithSecondFactor()
    const wrong = await wrongCode(ada.secret)
    for (let i = 0; i < 10; i++) {
      const challenge = await challengeOf(ada)
      await verify(challenge, { code: wrong })
    }
    const challenge = await challengeOf(ada)
    expect(said(await verify(challenge, { code: wrong }))).toBe('429 too_many_attempts')
    expect(said(await act(ada.id, 'unlock'))).toBe('200')
    expect((await verify(challenge, { code: await freshCode(ada) })).status).toBe(200)

    const bob = await signedInUser()
    const change = (current_password: string) =>
      bob.asks('POST', '/users/change-password', { current_password, new_password: NEW_PASSWORD })
    for (let i = 0; i < 10; i++) await change('Wrong-Horse-7')
    expect(said(await change(PASSWORD))).toBe('429 too_many_attempts')
    await act(bob.id, 'unlock')
    expect(said(await change(PASSWORD))).toBe('200')
  })
})
