/** Sessions that a role restricts until they have two factors (REQUIRE_2FA_ROLES). */
import { describe, expect, test } from 'vitest'
import { said } from '../support/api'
import { stopClock } from '../support/clock'
import { userWithPasskey } from '../support/passkeys'
import { challengeOf, freshCode, ok, userWithSecondFactor, verify } from '../support/second-factor'
import { under } from '../support/under'
import { PASSWORD, sessionOf, signedInUser } from '../support/users'
import { postSignIn } from '../support/users-by-api'

stopClock()

const demanding = under({ REQUIRE_2FA_ROLES: 'user' })
const RESTRICTED = '403 two_factor_required'
const stepUp = (token: string, proof: object) =>
  demanding.post('/api/v1/auth/step-up', proof, token)
const session = (token: string) => demanding.get('/api/v1/auth/session', token)

/** A session of a user with a second factor that a trusted browser has opened without it. */
async function weakSession() {
  const ada = await userWithSecondFactor()
  const factor = { code: await freshCode(ada), trust_device: true }
  const { device_token } = ok(await verify(await challengeOf(ada), factor)).body
  return { ...ada, ...sessionOf(ok(await postSignIn(ada, { device_token })).body) }
}

describe('a user with a second factor', () => {
  test('is told that a proof lifts the restriction, and lifts it by a code', async () => {
    const ada = await weakSession()
    const refused = await session(ada.token)
    expect(said(refused)).toBe(RESTRICTED)
    expect(refused.body.step_up).toEqual({ max_age: 600, methods: ['code', 'recovery_code'] })
    expect(refused.body.detail).toBe('Confirm with your second factor or passkey first')
    expect(refused.headers.get('www-authenticate')).toMatch(/insufficient_user_authentication/)
    expect(said(await stepUp(ada.token, { password: PASSWORD }))).toBe('403 step_up_required')
    expect(said(await session(ada.token))).toBe(RESTRICTED)
    ok(await stepUp(ada.token, { code: await freshCode(ada) }))
    expect(ok(await session(ada.token)).body.session.strength).toBe(2)
  })

  test('lifts it by a recovery code', async () => {
    const ada = await weakSession()
    ok(await stepUp(ada.token, { recovery_code: ada.recoveryCodes[0] }))
    expect((await session(ada.token)).status).toBe(200)
  })
})

test('a user without one is told nothing of the kind, and a password lifts nothing', async () => {
  const ada = await signedInUser()
  const refused = await session(ada.token)
  expect(said(refused)).toBe(RESTRICTED)
  expect(refused.body.step_up).toBeUndefined()
  expect(refused.body.detail).toBe('Two-factor authentication must be set up first')
  expect(refused.headers.get('www-authenticate')).toBeNull()
  ok(await stepUp(ada.token, { password: PASSWORD }))
  expect(said(await session(ada.token))).toBe(RESTRICTED)
})

test('a user with a passkey lifts it by the passkey', async () => {
  const ada = await userWithPasskey()
  const weak = sessionOf(ok(await postSignIn(ada)).body)
  expect(said(await session(weak.token))).toBe(RESTRICTED)
  const options = ok(
    await demanding.post('/api/v1/auth/step-up/passkey/options', undefined, weak.token),
  )
  const credential = await ada.authenticator.get(options.body.publicKey, {
    origin: 'http://localhost:8787',
  })
  const { challenge_token } = options.body
  ok(await stepUp(weak.token, { passkey: { challenge_token, credential } }))
  expect((await session(weak.token)).status).toBe(200)
})
