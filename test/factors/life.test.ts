/** The life of a second factor: set up, turned on, used, renewed, turned off. */
import { evictAllDurableObjects } from 'cloudflare:test'
import { describe, expect, it, vi } from 'vitest'
import { UserSessions } from '../../src/sessions/object/user-sessions'
import { rowsOf } from '../db/rows'
import { get, post, type Reply, said } from '../support/api'
import { MINUTE, pass, SECOND, STEP_UP_MS, stopClock } from '../support/clock'
import {
  changePassword,
  moveTo,
  NEW_PASSWORD,
  reset,
  resetToken,
  sendAll,
  undoChange,
} from '../support/credentials'
import {
  challengeOf,
  disable,
  enable,
  freshCode,
  ok,
  setUp,
  signInWithFactor,
  userWithSecondFactor,
  verify,
} from '../support/second-factor'
import { codeAt, STEP_MS, wrongCode } from '../support/totp'
import { freshEmail, PASSWORD, signedInUser, type SignedInUser } from '../support/users'
import { postSignIn, session } from '../support/users-by-api'

stopClock()

const state = async (who: { token: string }) => (await get('/api/v1/users/2fa', who)).body
const renew = (who: { token: string }, body: object) =>
  post('/api/v1/users/2fa/recovery-codes', body, { token: who.token })

/** Runs it while no object can be told of a change. */
async function untold<T>(run: () => Promise<T>): Promise<T> {
  const spy = vi.spyOn(UserSessions.prototype, 'syncAccountState').mockImplementation(async () => {
    throw new Error('Durable Object is overloaded')
  })
  const result = await run()
  spy.mockRestore()
  return result
}

describe('setting up', () => {
  it('asks for the password and turns nothing on', async () => {
    const ada = await signedInUser()
    const wrong = await setUp({ ...ada, password: 'Wrong-Horse-7' })
    expect(said(wrong)).toBe('400 incorrect_password')

    const { status, body } = await setUp(ada)
    expect(status).toBe(200)
    expect(body).toEqual({
      secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
      otpauth_uri: expect.stringContaining(`secret=${body.secret}`),
      qr_code_svg: expect.stringMatching(/^<svg [\s\S]*<\/svg>$/),
      expires_in: 600,
    })
    expect(body.qr_code_svg).not.toMatch(/script|href|http:(?!\/\/www\.w3\.org)/)
    expect(await state(ada)).toEqual({ enabled: false, recovery_codes_left: 0 })
    expect((await postSignIn(ada)).body).toHaveProperty('access_token')
  })

  it('is forgotten after ten minutes, and begun again it forgets the first secret', async () => {
    const ada = await signedInUser()
    const first = ok(await setUp(ada)).body
    pass(10 * MINUTE)
    expect(said(await enable(ada, await codeAt(first.secret)))).toBe('409 no_pending_setup')

    const second = ok(await setUp(ada)).body
    const third = ok(await setUp(ada)).body
    expect(said(await enable(ada, await codeAt(second.secret)))).toBe('400 invalid_2fa_code')
    pass(10 * MINUTE - SECOND)
    expect(said(await enable(ada, await codeAt(third.secret)))).toBe('200')
  })

  it.each([
    ['changing the password', (ada) => changePassword(ada)],
    ['resetting it', async (ada) => reset(await resetToken(ada.email))],
    [
      'undoing a change of address',
      async (ada) => undoChange(await moveTo(ada, ada.email, freshEmail())),
    ],
  ] satisfies [string, (ada: SignedInUser) => Promise<Reply>][])(
    'that was begun is void after %s',
    async (_, change) => {
      const ada = await signedInUser()
      ok(await setUp(ada))
      const pending = () =>
        rowsOf(
          'SELECT two_factor_pending_secret AS secret, two_factor_pending_until AS until FROM users WHERE id = ?',
          ada.id,
        )
      expect((await pending())[0]?.['secret']).not.toBeNull()
      ok(await change(ada))
      expect(await pending()).toEqual([{ secret: null, until: null }])
    },
  )

  it('started by an attacker does not outlive the owner’s reset, even if the object does not know of it yet', async () => {
    const ada = await signedInUser()
    const { secret } = ok(await setUp(ada)).body
    const token = await resetToken(ada.email)
    expect(said(await untold(() => reset(token)))).toBe('503 effect_pending')
    expect(said(await enable(ada, await freshCode({ secret })))).toBe('409 no_pending_setup')
    pass(MINUTE)
    await sendAll()
    expect((await session(ada.token)).status).toBe(401)
    expect((await postSignIn({ ...ada, password: NEW_PASSWORD })).body).toHaveProperty(
      'access_token',
    )
  })

  it('is refused when the factor is on already; enabling without it too', async () => {
    const ada = await userWithSecondFactor()
    expect(said(await setUp(ada))).toBe('409 two_factor_already_on')
    expect(said(await enable(ada, await freshCode(ada)))).toBe('409 no_pending_setup')
    const bob = await signedInUser()
    expect(said(await enable(bob, '123456'))).toBe('409 no_pending_setup')
  })
})

describe('turning it on', () => {
  it('by a right code revokes the other sessions and keeps the caller’s', async () => {
    const ada = await signedInUser({ remember_me: true })
    const other = (await postSignIn(ada, { remember_me: true })).body
    const { secret } = ok(await setUp(ada)).body
    const wrong = await enable(ada, await wrongCode(secret))
    expect(said(wrong)).toBe('400 invalid_2fa_code')
    const { body } = ok(await enable(ada, await codeAt(secret)))
    expect(body.recovery_codes).toHaveLength(10)

    expect((await session(ada.token)).status).toBe(200)
    expect((await session(other.access_token)).status).toBe(401)
    const refresh = (refresh_token: unknown) => post('/api/v1/auth/refresh', { refresh_token })
    expect((await refresh(other.refresh_token)).status).toBe(401)
    expect((await refresh(ada.refreshToken)).status).toBe(200)
    expect(await state(ada)).toEqual({ enabled: true, recovery_codes_left: 10 })
    const profile = await get('/api/v1/users/profile', ada)
    expect(profile.body.two_factor_enabled).toBe(true)
  })

  it('keeps the caller’s session also when the object hears of it late', async () => {
    const ada = await signedInUser()
    const other = (await postSignIn(ada)).body
    const { secret } = ok(await setUp(ada)).body
    const code = await freshCode({ secret })
    expect(said(await untold(() => enable(ada, code)))).toBe('503 effect_pending')
    pass(MINUTE)
    await sendAll()
    expect((await session(other.access_token)).status).toBe(401)
    expect(await state(ada)).toEqual({ enabled: true, recovery_codes_left: 10 })
    const renewed = await renew(ada, { password: PASSWORD, code: await freshCode({ secret }) })
    expect(ok(renewed).body.recovery_codes).toHaveLength(10)
  })

  it('demands the second step from the next sign-in on, which carries remember_me', async () => {
    const ada = await userWithSecondFactor()
    const { status, body, headers } = await postSignIn(ada, { remember_me: true })
    expect(status).toBe(200)
    expect(body).toEqual({
      requires_2fa: true,
      user_id: ada.id,
      challenge_token: expect.any(String),
      expires_in: 300,
      methods: ['code', 'recovery_code'],
    })
    expect(headers.get('cache-control')).toBe('no-store')
    const code = await freshCode(ada)
    const signedIn = ok(await verify(body.challenge_token, { code, user_id: ada.id })).body
    expect(signedIn.refresh_token).toEqual(expect.any(String))
    expect((await session(signedIn.access_token)).body.session.remember_me).toBe(true)
    expect((await signInWithFactor(ada)).body.refresh_token).toBeNull()
  })
})

describe('turning it off', () => {
  it('asks for the password and a factor, revokes the other sessions and every recovery code', async () => {
    const ada = await userWithSecondFactor()
    const other = ok(await signInWithFactor(ada)).body
    pass(STEP_UP_MS)
    const code = await freshCode(ada)
    const wrong = { password: 'Wrong-Horse-7', code }
    expect(said(await disable(ada, wrong))).toBe('400 incorrect_password')
    const bad = { code: await wrongCode(ada.secret) }
    expect(said(await disable(ada, bad))).toBe('400 invalid_2fa_code')
    expect(said(await disable(ada, {}))).toBe('422 validation_failed')
    expect(said(await disable(ada, { code }))).toBe('200')

    expect((await session(ada.token)).status).toBe(200)
    expect((await session(other.access_token)).status).toBe(401)
    expect(await state(ada)).toEqual({ enabled: false, recovery_codes_left: 0 })
    const [row] = await rowsOf(
      'SELECT two_factor_secret, two_factor_pending_secret FROM users WHERE id = ?',
      ada.id,
    )
    expect(row).toEqual({ two_factor_secret: null, two_factor_pending_secret: null })
    expect((await postSignIn(ada)).body).toHaveProperty('access_token')
    expect(said(await disable(ada, { code }))).toBe('409 two_factor_not_on')
  })

  it('works by a recovery code, and with another secret it can be turned on again', async () => {
    const ada = await userWithSecondFactor()
    const [recovery_code] = ada.recoveryCodes
    expect(said(await disable(ada, { recovery_code }))).toBe('200')
    const { secret } = ok(await setUp(ada)).body
    expect(secret).not.toBe(ada.secret)
    const { body } = ok(await enable(ada, await freshCode({ secret })))
    const again = { ...ada, secret, recoveryCodes: body.recovery_codes }
    const challenge = await challengeOf(again)
    expect(said(await verify(challenge, { recovery_code }))).toBe('401 invalid_2fa_code')
    expect(said(await signInWithFactor(again))).toBe('200')
  })
})

describe('a code works once', () => {
  it('across turning on, sign-in, renewal and turning off, and the object’s sleep', async () => {
    const ada = await signedInUser()
    const { secret } = ok(await setUp(ada)).body
    pass(STEP_MS)
    const onCode = await codeAt(secret)
    ok(await enable(ada, onCode))
    const first = await challengeOf(ada)
    expect(said(await verify(first, { code: onCode }))).toBe('401 invalid_2fa_code')

    const code = await freshCode({ secret })
    expect(said(await verify(first, { code }))).toBe('200')
    const second = await challengeOf(ada)
    await evictAllDurableObjects()
    expect(said(await verify(second, { code }))).toBe('401 invalid_2fa_code')
    const { token } = ada
    expect(said(await renew(ada, { password: PASSWORD, code }))).toBe('400 invalid_2fa_code')
    const email = { password: PASSWORD, new_email: 'new-address@example.com', code }
    const changed = await post('/api/v1/users/change-email', email, { token })
    expect(said(changed)).toBe('400 invalid_2fa_code')
    expect(said(await disable(ada, { code }))).toBe('400 invalid_2fa_code')
    expect(said(await disable(ada, { code: await freshCode({ secret }) }))).toBe('200')
  })

  it('and none before it works after it, though the window would reach back', async () => {
    const ada = await userWithSecondFactor()
    pass(3 * STEP_MS)
    const [before, now, after] = await Promise.all(
      [-STEP_MS, 0, STEP_MS].map((ms) => codeAt(ada.secret, Date.now() + ms)),
    )
    const attempt = async (code: unknown) => said(await verify(await challengeOf(ada), { code }))
    expect(await attempt(after)).toBe('200')
    expect(await attempt(now)).toBe('401 invalid_2fa_code')
    expect(await attempt(before)).toBe('401 invalid_2fa_code')
    pass(2 * STEP_MS)
    expect(await attempt(await codeAt(ada.secret))).toBe('200')
  })
})
