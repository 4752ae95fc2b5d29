/** Proofs of a password that a change of it overtakes: requests that began before it and end after it. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { syncAccountState } from '../../src/sessions/account-state'
import { rowsOf } from '../db/rows'
import { said } from '../support/api'
import { stopClock } from '../support/clock'
import { changePassword, NEW_PASSWORD } from '../support/credentials'
import { depsFor } from '../support/deps'
import { overtaken } from '../support/overtaken'
import {
  challengeOf,
  freshCode,
  ok,
  setUp,
  userWithSecondFactor,
  verify,
} from '../support/second-factor'
import { freshEmail, makeUser, PASSWORD, signedInUser } from '../support/users'
import { postSignIn, session } from '../support/users-by-api'

stopClock()

describe('a proof made before a change of password does not count after it', () => {
  const overtakenBy = (ada: { token: string }) =>
    overtaken('DB.batch', async () => ok(await changePassword(ada)))
  const password = PASSWORD

  it('to change the password or the address, or to begin with a second factor', async () => {
    const bodies: [string, object][] = [
      ['change-password', { current_password: PASSWORD, new_password: 'Third-Horse-9' }],
      ['change-email', { password, new_email: freshEmail() }],
      ['2fa/setup', { password }],
    ]
    for (const [path, body] of bodies) {
      const ada = await signedInUser()
      const reply = await overtakenBy(ada).post(`/api/v1/users/${path}`, body, ada.token)
      expect(said(reply), path).toBe('400 incorrect_password')
      expect((await postSignIn({ ...ada, password: NEW_PASSWORD })).status).toBe(200)
      expect(await rowsOf('SELECT 1 FROM one_time_tokens WHERE user_id = ?', ada.id)).toEqual([])
    }
  })

  it('to turn a second factor on, to turn it off, or to renew its codes', async () => {
    const eve = await signedInUser()
    const { secret } = ok(await setUp(eve)).body
    const on = { code: await freshCode({ secret }) }
    const enabling = await overtakenBy(eve).post('/api/v1/users/2fa/enable', on, eve.token)
    expect(said(enabling)).toBe('409 no_pending_setup')
    expect((await postSignIn({ ...eve, password: NEW_PASSWORD })).body).toHaveProperty(
      'access_token',
    )

    for (const path of ['disable', 'recovery-codes']) {
      const ada = await userWithSecondFactor()
      const body = { password, code: await freshCode(ada) }
      const reply = await overtakenBy(ada).post(`/api/v1/users/2fa/${path}`, body, ada.token)
      expect(said(reply), path).toBe('400 incorrect_password')
      const challenge = await challengeOf({ ...ada, password: NEW_PASSWORD })
      const [recovery_code] = ada.recoveryCodes
      expect((await verify(challenge, { recovery_code })).status).toBe(200)
    }
  })

  it('to pass the second step, by a code or by a recovery code', async () => {
    for (const kind of ['code', 'recovery_code']) {
      const ada = await userWithSecondFactor()
      const challenge_token = await challengeOf(ada)
      const factor = kind === 'code' ? await freshCode(ada) : ada.recoveryCodes[0]
      const api = overtaken('USER_SESSIONS.passChallenge', async () =>
        ok(await changePassword(ada)),
      )
      const reply = await api.post('/api/v1/auth/2fa/verify', { challenge_token, [kind]: factor })
      expect(reply.status, JSON.stringify(reply.body)).toBe(401)
    }
  })

  it('to sign in', async () => {
    const ada = await signedInUser()
    const api = overtaken('USER_SESSIONS.openSession', async () => ok(await changePassword(ada)))
    const body = { username: ada.email, password: PASSWORD }
    expect(said(await api.post('/api/v1/auth/login', body))).toBe('401 invalid_credentials')
    expect((await session(ada.token)).status).toBe(401)
  })
})

describe('a sign-in that replaces an old hash', () => {
  it.each(['USER_SESSIONS.openSession', 'USER_SESSIONS.openChallenge'])(
    'is not refused by its own work when a change overtakes %s',
    async (call) => {
      const isChallenge = call.endsWith('Challenge')
      const ada = isChallenge ? await userWithSecondFactor() : await makeUser()
      const stored = () => rowsOf('SELECT subject, hashed_password FROM users WHERE id = ?', ada.id)
      const [old] = await stored()
      const change = async () => {
        await env.DB.prepare('UPDATE users SET auth_version = auth_version + 1 WHERE id = ?')
          .bind(ada.id)
          .run()
        await syncAccountState(depsFor(), String(old?.['subject']))
        // Long enough for a hash to be replaced.
        await new Promise((resolve) => setTimeout(resolve, 300))
      }
      const api = overtaken(call, change, { PASSWORD_HASH_ROUNDS: '2' })
      const body = { username: ada.email, password: PASSWORD }
      expect(said(await api.post('/api/v1/auth/login', body))).toBe('200')
      const [fresh] = await stored()
      expect(fresh?.['hashed_password']).toMatch(/^\$gatehouse-pbkdf2\$r=2,/)
    },
  )
})

it('a recovery code that a sign-in has spent meanwhile turns nothing off', async () => {
  const ada = await userWithSecondFactor()
  const [recovery_code] = ada.recoveryCodes
  const api = overtaken('DB.batch', async () =>
    ok(await verify(await challengeOf(ada), { recovery_code })),
  )
  const body = { password: PASSWORD, recovery_code }
  const reply = await api.post('/api/v1/users/2fa/disable', body, ada.token)
  expect(said(reply)).toBe('400 invalid_2fa_code')
  expect((await postSignIn(ada)).body).toHaveProperty('challenge_token')
})
