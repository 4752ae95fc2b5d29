/** POST /api/v1/auth/step-up: which proofs are taken, what they are worth, and how they are counted. */
import { describe, expect, test } from 'vitest'
import { rowsOf } from '../db/rows'
import { call, said } from '../support/api'
import { SoftwareAuthenticator } from '../support/authenticator'
import { DAY, MINUTE, pass, stopClock } from '../support/clock'
import { created, ORIGIN, used, userWithPasskey } from '../support/passkeys'
import {
  challengeOf,
  freshCode,
  ok,
  signInWithFactor,
  userWithSecondFactor,
  verify,
} from '../support/second-factor'
import { wrongCode } from '../support/totp'
import { makeUser, PASSWORD, sessionOf, signedInUser } from '../support/users'
import { postSignIn, session } from '../support/users-by-api'
import { expectRefused, growStale, passkeyProof, stepUp } from './people'

stopClock()

const WRONG = { password: 'Wrong-Horse-7' }
const sessionInfo = async ({ token }: { token: string }) => ok(await session(token)).body.session

describe('a password', () => {
  test('proves a user who has nothing else, for ten minutes', async () => {
    const ada = await signedInUser()
    growStale()
    expect(await sessionInfo(ada)).toMatchObject({ step_up_until: null })
    const { body } = ok(await stepUp(ada, { password: PASSWORD }))
    const until = new Date(Date.now() + 10 * MINUTE).toISOString()
    expect(body).toEqual({ step_up_until: until })
    expect(await sessionInfo(ada)).toMatchObject({
      amr: ['pwd'],
      strength: 1,
      proved_at: new Date().toISOString(),
      step_up_until: until,
    })
    pass(10 * MINUTE - 1)
    expect(await sessionInfo(ada)).toMatchObject({ step_up_until: until })
    pass(1)
    expect(await sessionInfo(ada)).toMatchObject({ step_up_until: null })
  })

  test('is not enough beside a second factor or a passkey, even right after the sign-in', async () => {
    for (const ada of [await userWithSecondFactor(), await userWithPasskey()]) {
      const reply = await stepUp(ada, { password: PASSWORD })
      expect(said(reply)).toBe('403 step_up_required')
    }
  })

  test('that is wrong is refused, and counted with every other proof', async () => {
    const ada = await signedInUser()
    const codes = new Set<string>()
    for (let n = 0; n < 12; n++) codes.add(said(await stepUp(ada, WRONG)))
    expect([...codes]).toEqual(['400 incorrect_password', '429 too_many_attempts'])
    expect(said(await stepUp(ada, { password: PASSWORD }))).toBe('429 too_many_attempts')
    const erase = await ada.asks('DELETE', '/users/account', { password: PASSWORD })
    expect(said(erase)).toBe('429 too_many_attempts')
  })

  test('that has expired proves nothing, in whichever session', async () => {
    const ada = await userWithPasskey()
    pass(91 * DAY)
    // A session by passkey is not restricted by an old password.
    const options = await call('POST', '/api/v1/auth/passkey/options')
    const signedIn = ok(
      await call('POST', '/api/v1/auth/passkey/verify', await used(options, ada.authenticator)),
    ).body
    const session = sessionOf(signedIn)
    expect(said(await stepUp(session, { password: PASSWORD }))).toBe('403 password_expired')
    expect(ok(await stepUp(session, await passkeyProof({ ...ada, ...session }))).status).toBe(200)
    const byPassword = sessionOf(
      ok(await postSignIn(await makeUser({ columns: { password_expires_at: 1 } }))).body,
    )
    expect(said(await stepUp(byPassword, { password: PASSWORD }))).toBe('403 password_expired')
  })
})

describe('a code', () => {
  test('proves its user, once, and adds to what the session was opened with', async () => {
    const ada = await userWithSecondFactor()
    growStale()
    const code = await freshCode(ada)
    ok(await stepUp(ada, { code }))
    expect(said(await stepUp(ada, { code }))).toBe('400 invalid_2fa_code')
    expect(await sessionInfo(ada)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], strength: 2 })
  })

  test('that is wrong is refused, and counted with those at sign-in', async () => {
    const ada = await userWithSecondFactor()
    const code = await wrongCode(ada.secret)
    const codes = new Set<string>()
    for (let n = 0; n < 12; n++) codes.add(said(await stepUp(ada, { code })))
    expect([...codes]).toEqual(['400 invalid_2fa_code', '429 too_many_attempts'])
  })

  test('proves nothing while the second factor is off', async () => {
    expectRefused(await stepUp(await signedInUser(), { code: '123456' }), ['password'])
  })
})

describe('a recovery code', () => {
  test('proves its user, is spent, and the user is told', async () => {
    const ada = await userWithSecondFactor()
    growStale()
    const [recovery_code = ''] = ada.recoveryCodes
    ok(await stepUp(ada, { recovery_code }))
    expect(said(await stepUp(ada, { recovery_code }))).toBe('400 invalid_2fa_code')
    expect((await ada.asks('GET', '/users/2fa')).body.recovery_codes_left).toBe(9)
    const events = await rowsOf(
      "SELECT event FROM audit_log WHERE target_id = ? AND event = 'two_factor.recovery_code_used'",
      ada.id,
    )
    expect(events).toHaveLength(1)
  })

  test('of two at the same time counts once', async () => {
    const ada = await userWithSecondFactor()
    const [recovery_code = ''] = ada.recoveryCodes
    const replies = await Promise.all([1, 2, 3].map(() => stepUp(ada, { recovery_code })))
    expect(replies.map(said).sort()).toEqual([
      '200',
      '400 invalid_2fa_code',
      '400 invalid_2fa_code',
    ])
  })

  test('of a user with passkeys alone proves them, too', async () => {
    const ada = await userWithPasskey()
    growStale()
    const [recovery_code = ''] = ada.recoveryCodes
    ok(await stepUp(ada, { recovery_code }))
    expect(await sessionInfo(ada)).toMatchObject({ strength: 2 })
  })
})

describe('a passkey', () => {
  test('proves its user, once for each challenge', async () => {
    const ada = await userWithPasskey()
    growStale()
    const proof = await passkeyProof(ada)
    ok(await stepUp(ada, proof))
    expect(said(await stepUp(ada, proof))).toBe('400 invalid_passkey')
    expect(await sessionInfo(ada)).toMatchObject({ amr: ['pwd', 'swk', 'mfa'], strength: 2 })
  })

  test('that did not verify its user proves nothing', async () => {
    const ada = await userWithPasskey()
    growStale()
    const proof = await passkeyProof(ada, { isUserVerified: false })
    expect(said(await stepUp(ada, proof))).toBe('400 invalid_passkey')
    expect(await sessionInfo(ada)).toMatchObject({ step_up_until: null })
  })

  test('answers a challenge of this session only, and of this purpose', async () => {
    const ada = await userWithPasskey()
    const other = sessionOf(ok(await postSignIn(ada)).body)
    const proof = await passkeyProof(ada)
    expect(said(await stepUp(other, proof))).toBe('400 invalid_challenge')
    const options = ok(await call('POST', '/api/v1/auth/passkey/options'))
    const forSignIn = { passkey: await used(options, ada.authenticator) }
    expect(said(await stepUp(ada, forSignIn))).toBe('400 invalid_challenge')
    ok(await stepUp(ada, proof))
  })

  test('of another user is refused, as is one that was never added', async () => {
    const [ada, bob] = [await userWithPasskey(), await userWithPasskey()]
    const options = ok(await ada.asks('POST', '/auth/step-up/passkey/options'))
    const { publicKey } = options.body
    const open = {
      ...options,
      body: { ...options.body, publicKey: { ...publicKey, allowCredentials: [] } },
    }
    const foreign = { passkey: await used(open, bob.authenticator) }
    expect(said(await stepUp(ada, foreign))).toBe('400 invalid_passkey')
    const stranger = new SoftwareAuthenticator()
    await created(bob, stranger)
    const unknown = { passkey: await used(open, stranger, { origin: ORIGIN }) }
    expect(said(await stepUp(ada, unknown))).toBe('400 invalid_passkey')
  })
})

describe('the request', () => {
  test('holds exactly one proof', async () => {
    const ada = await signedInUser()
    const two = { password: PASSWORD, code: '123456' }
    for (const body of [{}, two, { ...two, recovery_code: '7K3M-Q9ZD-2W8F-XV4T' }]) {
      const reply = await stepUp(ada, body)
      expect(said(reply)).toBe('422 validation_failed')
    }
  })

  test('needs a session', async () => {
    const reply = await call('POST', '/api/v1/auth/step-up', { password: PASSWORD })
    expect(said(reply)).toBe('401 invalid_access_token')
  })
})

test('a sign-in by both steps is a proof, one by a trusted browser is too weak', async () => {
  const ada = await userWithSecondFactor()
  const whole = sessionOf(ok(await signInWithFactor(ada)).body)
  expect((await sessionInfo(whole)).step_up_until).not.toBeNull()

  const factor = { code: await freshCode(ada), trust_device: true }
  const { device_token } = ok(await verify(await challengeOf(ada), factor)).body
  const trusted = sessionOf(ok(await postSignIn(ada, { device_token })).body)
  expect(await sessionInfo(trusted)).toMatchObject({
    amr: ['pwd'],
    strength: 1,
    step_up_until: null,
  })
  const change = await trusted.asks('POST', '/users/2fa/disable', {})
  expectRefused(change, ['code', 'recovery_code'])
  ok(await stepUp(trusted, { code: await freshCode(ada) }))
  expect(await sessionInfo(trusted)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], strength: 2 })
})
