/** Erasing one's own account: what it asks for, what it leaves, and what a successor inherits. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { call, post, said } from '../support/api'
import { pass, STEP_UP_MS, stopClock } from '../support/clock'
import { justBefore } from '../support/lost-account-state'
import { mailsTo, mailTo, tokenIn } from '../support/mailbox'
import { named } from '../support/named'
import { freshCode, userWithSecondFactor } from '../support/second-factor'
import { objectTables } from '../support/stores'
import { wrongCode } from '../support/totp'
import { PASSWORD, rowOf, signedInUser, type SignedInUser, staff } from '../support/users'
import { postSignIn, session } from '../support/users-by-api'

stopClock()

const erase = (who: { token: string }, body: object = { password: PASSWORD }) =>
  call('DELETE', '/api/v1/users/account', body, { token: who.token })

describe('erasing one’s own account', () => {
  test('takes the password, ends everything at once, and says farewell by mail', async () => {
    const ada = await signedInUser({ remember_me: true })
    const other = await postSignIn(ada)
    const reply = await erase(ada)
    expect([reply.status, reply.body]).toEqual([202, { message: 'Your account has been deleted' }])
    for (const token of [ada.token, other.body.access_token]) {
      expect((await session(token)).status).toBe(401)
    }
    const refreshed = await post('/api/v1/auth/refresh', { refresh_token: ada.refreshToken })
    expect(said(refreshed)).toBe('401 invalid_refresh_token')
    expect(said(await postSignIn(ada))).toBe('401 invalid_credentials')
    expect(await rowOf(ada.id)).toBeNull()
    const mails = mailsTo(ada.email).length
    expect((await mailTo(ada.email, mails + 1)).text).not.toContain('token=')
  })

  test('a wrong password, none, or more than is asked for changes nothing', async () => {
    const ada = await staff()
    expect(said(await erase(ada, { password: 'Wrong-Horse-7' }))).toBe('400 incorrect_password')
    pass(STEP_UP_MS)
    expect(said(await erase(ada, {}))).toBe('403 step_up_required')
    expect(named(await erase(ada, { password: PASSWORD, user_id: 1 }))).toEqual([
      'user_id unknown_field',
    ])
    expect((await session(ada.token)).status).toBe(200)
  })

  test('with a second factor it takes its code as well', async () => {
    const ada = await userWithSecondFactor()
    pass(STEP_UP_MS)
    expect(named(await erase(ada))).toEqual(['code required'])
    const wrong = { password: PASSWORD, code: await wrongCode(ada.secret) }
    expect(said(await erase(ada, wrong))).toBe('400 invalid_2fa_code')
    expect(await rowOf(ada.id)).not.toBeNull()
    const right = { password: PASSWORD, code: await freshCode(ada) }
    expect(said(await erase(ada, right))).toBe('202')
    expect(await rowOf(ada.id)).toBeNull()
  })

  test('a password that was changed between the proof and the batch proves nothing', async () => {
    const ada = await staff()
    const reset = () =>
      env.DB.prepare('UPDATE users SET credential_version = credential_version + 1 WHERE id = ?')
        .bind(ada.id)
        .run()
    const ask = { method: 'DELETE', path: '/users/account', body: { password: PASSWORD } }
    expect(said(await justBefore(reset, ada.token, ask))).toBe('400 incorrect_password')
    expect(await rowOf(ada.id)).not.toBeNull()
  })

  test('that is being erased by somebody else is no fault, and is recorded once', async () => {
    const ada = await staff()
    const first = () => env.DB.prepare('DELETE FROM users WHERE id = ?').bind(ada.id).run()
    const ask = { method: 'DELETE', path: '/users/account', body: { password: PASSWORD } }
    expect(said(await justBefore(first, ada.token, ask))).toBe('202')
    const event = await env.DB.prepare('SELECT 1 FROM audit_log WHERE target_id = ? AND event = ?')
      .bind(ada.id, 'user.erased')
      .first()
    expect(event).toBeNull()
    expect((await session(ada.token)).status).toBe(401)
  })

  test('twice: the second time there is no session any more', async () => {
    const ada = await staff()
    expect(said(await erase(ada))).toBe('202')
    expect(said(await erase(ada))).toBe('401 invalid_access_token')
  })
})

describe('what stays', () => {
  test('in the object: a tombstone and nothing else, which believes no later accountState', async () => {
    const ada = await userWithSecondFactor({ remember_me: true })
    await postSignIn(ada)
    const row = await rowOf(ada.id)
    const object = env.USER_SESSIONS.getByName(String(row?.['subject']))
    await erase(ada, { password: PASSWORD, code: await freshCode(ada) })
    expect(await objectTables(object as never)).toEqual({
      state: [{ one: 1, account_state: null, erased_at: Date.now(), active_day: 0 }],
      sessions: [],
      devices: [],
      challenges: [],
      factor_attempts: [],
      factor_state: [],
      writes: [],
      totp: [],
      events: [],
      notices: [],
      passkeys: [],
      spent_challenges: [],
      trusted_devices: [],
      codes: [],
      app_sessions: [],
      consents: [],
    })
    const alarm = await runInDurableObject(object, (_, { storage }) => storage.getAlarm())
    expect(alarm).toBe(Date.now() + 31 * 86_400_000)
    const accountState = {
      subject: String(row?.['subject']),
      userId: ada.id,
      authVersion: 999,
      credentialVersion: 999,
      isBlocked: false,
      roleIds: [1],
      passwordExpiresAt: null,
      isSecondFactorEnabled: false,
      passkeys: [],
    }
    expect(await object.syncAccountState(accountState, null)).toEqual({ status: 'erased' })
  })

  test('the audit log keeps the user’s id without IP, also for the erasure', async () => {
    const [root, ada] = [await staff('admin'), await staff()]
    await ada.asks('PATCH', '/users/profile', { bio: 'x' })
    await root.asks('GET', `/admin/users/${ada.id}`)
    await erase(ada)
    const { results } = await env.DB.prepare(
      'SELECT event, actor_id, ip, user_agent, data FROM audit_log WHERE target_id = ? ORDER BY event',
    )
      .bind(ada.id)
      .all()
    const otherEvents = results.filter(({ event }) => !String(event).startsWith('auth.'))
    expect(otherEvents.map(({ event, actor_id, ip }) => [event, actor_id, ip !== null])).toEqual([
      // Admins' own traces stay.
      ['admin.user_viewed', root.id, true],
      ['user.erased', ada.id, false],
      ['user.profile_updated', ada.id, false],
    ])
    for (const { actor_id, ip, user_agent } of results) {
      if (actor_id === ada.id) expect([ip, user_agent]).toEqual([null, null])
    }
  })
})

describe('the address', () => {
  test('can be registered again, and the new account inherits nothing', async () => {
    const root = await staff('admin')
    const ada = await userWithSecondFactor()
    await root.asks('POST', `/admin/users/${ada.id}/roles`, { role: 'moderator' })
    const profile = { bio: 'x', preferences: { a: 1 } }
    await call('PATCH', '/api/v1/users/profile', profile, { token: ada.token })
    const before = await rowOf(ada.id)
    await erase(ada, { password: PASSWORD, code: await freshCode(ada) })
    const mails = mailsTo(ada.email).length
    const made = await post('/api/v1/auth/register', {
      email: ada.email,
      password: 'Battery-Staple-8',
      full_name: 'Somebody Else',
    })
    expect([made.status, made.body.id > ada.id]).toEqual([201, true])
    expect(made.body).toMatchObject({
      roles: ['user'],
      two_factor_enabled: false,
      bio: null,
      preferences: {},
      login_count: 0,
      last_login_at: null,
    })
    const token = tokenIn(await mailTo(ada.email, mails + 1), '/verify-email')
    await post('/api/v1/auth/verify-email', { token })
    expect(said(await postSignIn(ada))).toBe('401 invalid_credentials')
    const fresh = await postSignIn({ ...ada, password: 'Battery-Staple-8' })
    expect(fresh.status).toBe(200)
    expect(fresh.body.requires_2fa).toBeUndefined()
    expect((await session(ada.token)).status).toBe(401)
    const row = await rowOf(made.body.id)
    expect(row?.['subject']).not.toBe(before?.['subject'])
    const activity = await root.asks('GET', `/admin/users/${made.body.id}`)
    expect(activity.body.email).toBe(ada.email)
  })

  test('that many wrong passwords had shut is open for whoever comes next', async () => {
    const ada: SignedInUser = await signedInUser()
    const ip = '192.0.2.99'
    for (let i = 0; i < 11; i++) await postSignIn({ ...ada, password: 'Wrong-Horse-7' }, {}, { ip })
    expect(said(await postSignIn(ada, {}, { ip }))).toBe('429 too_many_attempts')
    await erase(ada)
    await mailTo(ada.email)
    expect(said(await postSignIn(ada, {}, { ip }))).toBe('401 invalid_credentials')
  })

  test('links that were mailed before are dead, whatever becomes of the address', async () => {
    const ada = await staff()
    await post('/api/v1/auth/forgot-password', { email: ada.email })
    const token = tokenIn(await mailTo(ada.email), '/reset-password')
    await erase(ada)
    await post('/api/v1/auth/register', {
      email: ada.email,
      password: PASSWORD,
      full_name: 'Somebody Else',
    })
    const body = { token, new_password: 'Battery-Staple-8' }
    expect(said(await post('/api/v1/auth/reset-password', body))).toBe('400 invalid_token')
  })
})
