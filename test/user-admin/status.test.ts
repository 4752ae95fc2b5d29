/** How admins activate and deactivate a user, and list and revoke the user's sessions. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { post, said } from '../support/api'
import { comparable } from '../support/comparable'
import { mailTo, tokenIn } from '../support/mailbox'
import { loseWakeUps } from '../support/outbox'
import { eventsOf, holdEvents, watchQueues } from '../support/queues'
import {
  eventsAbout,
  freshEmail,
  makeUser,
  PASSWORD,
  rowOf,
  type SignedInUser,
  signedInUser,
  signIn,
  staff,
} from '../support/users'
import { postSignIn, registerByApi, session } from '../support/users-by-api'

watchQueues()

let root: SignedInUser
beforeAll(async () => {
  loseWakeUps()
  root = await staff('admin')
})

const setStatus = (id: number, is_active: unknown) =>
  root.asks('PUT', `/admin/users/${id}/status`, { is_active })

describe('deactivating', () => {
  test('revokes every session at once, in the words of the requirements', async () => {
    const ada = await makeUser()
    const sessions = [await signIn(ada), await signIn(ada, { remember_me: true })]
    const reply = await setStatus(ada.id, false)
    expect([reply.status, reply.body]).toEqual([200, { message: 'User deactivated successfully' }])
    for (const one of sessions) expect((await session(one.token)).status).toBe(401)
    const refresh_token = sessions[1]?.refreshToken
    const refreshed = await post('/api/v1/auth/refresh', { refresh_token })
    expect(said(refreshed)).toBe('401 invalid_refresh_token')
    expect(said(await postSignIn(ada))).toBe('401 account_not_active')
    expect(said(await postSignIn({ ...ada, password: 'x' }))).toBe('401 invalid_credentials')
  })

  test('cannot be undone by the user, with any link that they have or ask for', async () => {
    const ada = await registerByApi()
    const verify = tokenIn(await mailTo(ada.email), '/verify-email')
    await post('/api/v1/auth/forgot-password', { email: ada.email })
    const reset = tokenIn(await mailTo(ada.email, 2), '/reset-password')
    await setStatus(ada.id, false)
    const new_password = 'Battery-Staple-8'
    const tries = [
      await post('/api/v1/auth/verify-email', { token: verify }),
      await post('/api/v1/auth/reset-password', { token: reset, new_password }),
    ]
    expect(tries.map(said)).toEqual(['400 invalid_token', '400 invalid_token'])
    await post('/api/v1/auth/resend-verification', { email: ada.email })
    await post('/api/v1/auth/forgot-password', { email: ada.email })
    const tokens = await env.DB.prepare('SELECT 1 FROM one_time_tokens WHERE user_id = ?')
      .bind(ada.id)
      .first()
    expect(tokens).toBeNull()
    for (const action of ['resend-verification', 'send-password-reset']) {
      expect(said(await root.asks('POST', `/admin/users/${ada.id}/${action}`))).toBe(
        '409 wrong_status',
      )
    }
    expect(await rowOf(ada.id)).toMatchObject({ status: 'deactivated' })
  })

  test('twice records it once, and once activated the user signs in with the same password', async () => {
    const ada = await signedInUser()
    for (const isActive of [false, false, true, true]) {
      expect((await setStatus(ada.id, isActive)).status).toBe(200)
    }
    expect(await eventsAbout(ada.id)).toEqual(['admin.user_deactivated', 'admin.user_activated'])
    expect((await session(ada.token)).status).toBe(401)
    expect((await postSignIn(ada)).status).toBe(200)
  })
})

describe('activating', () => {
  const vouched = async (id: number) => {
    const row = await env.DB.prepare(
      "SELECT data ->> 'vouched' AS vouched FROM audit_log WHERE event = 'admin.user_activated' AND target_id = ?",
    )
      .bind(id)
      .all()
    return row.results.map((each) => each['vouched'] === 1)
  }

  test('a pending user vouches for the address: its links die, and so does the password', async () => {
    const ada = await registerByApi()
    const mail = await mailTo(ada.email)
    const reply = await setStatus(ada.id, true)
    expect([reply.status, reply.body]).toEqual([200, { message: 'User activated successfully' }])
    expect(await vouched(ada.id)).toEqual([true])
    const verify = await post('/api/v1/auth/verify-email', {
      token: tokenIn(mail, '/verify-email'),
    })
    const decline = await post('/api/v1/auth/decline-registration', {
      token: tokenIn(mail, '/decline-registration'),
    })
    expect([said(verify), said(decline)]).toEqual(['400 invalid_token', '400 invalid_token'])
    expect(said(await postSignIn(ada))).toBe('401 invalid_credentials')
    const token = tokenIn(await mailTo(ada.email, 2), '/reset-password')
    const password = 'Battery-Staple-8'
    await post('/api/v1/auth/reset-password', { token, new_password: password })
    expect((await postSignIn({ ...ada, password })).status).toBe(200)
  })

  test('an invited one revokes the invitation; the user sets a password by a reset', async () => {
    const email = freshEmail()
    const { body } = await root.asks('POST', '/admin/users', { email, full_name: 'Eve Evans' })
    const token = tokenIn(await mailTo(email), '/accept-invitation')
    await setStatus(body.id, true)
    const accept = await post('/api/v1/auth/accept-invitation', { token, password: PASSWORD })
    expect(said(accept)).toBe('400 invalid_token')
    const left = await env.DB.prepare('SELECT 1 FROM one_time_tokens WHERE user_id = ?')
      .bind(body.id)
      .first()
    expect(left).toBeNull()
    await root.asks('POST', `/admin/users/${body.id}/send-password-reset`)
    const reset = tokenIn(await mailTo(email, 2), '/reset-password')
    await post('/api/v1/auth/reset-password', { token: reset, new_password: PASSWORD })
    expect((await postSignIn({ id: body.id, email, password: PASSWORD })).status).toBe(200)
  })

  test('a user deactivated before they verified the address vouches for it too; a verified one does not', async () => {
    const [pending, verified] = [await makeUser({ status: 'pending' }), await makeUser()]
    for (const { id } of [pending, verified]) {
      await setStatus(id, false)
      await setStatus(id, true)
      expect((await root.asks('GET', `/admin/users/${id}`)).body.status).toBe('active')
    }
    expect([await vouched(pending.id), await vouched(verified.id)]).toEqual([[true], [false]])
  })

  test('the status is a boolean: everything else is 422', async () => {
    for (const wrong of ['true', 1, null, undefined, 'inactive']) {
      expect(said(await setStatus(root.id, wrong))).toBe('422 validation_failed')
    }
  })
})

describe('sessions of a user', () => {
  const list = (id: number) => root.asks('GET', `/admin/users/${id}/sessions`)

  test('are listed, which is logged; one can be revoked, or all', async () => {
    const ada = await makeUser()
    const [one, two] = [await signIn(ada), await signIn(ada)]
    const ids = async () => (await list(ada.id)).body.items.map(({ id }: { id: string }) => id)
    expect((await ids()).sort()).toEqual([one.sessionId, two.sessionId].sort())
    expect((await list(ada.id)).body.items[0]).toMatchObject({ current: false, remember_me: false })
    const path = `/admin/users/${ada.id}/sessions`
    expect(said(await root.asks('DELETE', `${path}/${one.sessionId}`))).toBe('204')
    expect((await session(one.token)).status).toBe(401)
    expect(await ids()).toEqual([two.sessionId])
    expect(said(await root.asks('DELETE', path))).toBe('204')
    expect((await session(two.token)).status).toBe(401)
    expect(new Set(await eventsAbout(ada.id))).toEqual(
      new Set(['admin.sessions_viewed', 'admin.sessions_revoked']),
    )
  })

  test('one of another user is 404 like an unknown one, and leaves no event', async () => {
    const [ada, bob] = [await staff(), await staff()]
    const revoke = (sid: string) => root.asks('DELETE', `/admin/users/${ada.id}/sessions/${sid}`)
    const never = comparable(await revoke('never-was'))
    expect(never.status).toBe(404)
    expect(comparable(await revoke(bob.sessionId))).toEqual(never)
    await root.asks('DELETE', `/admin/users/${ada.id}/sessions/${ada.sessionId}`)
    expect(comparable(await revoke(ada.sessionId))).toEqual(never)
    expect(comparable(await revoke('someone@example.com'))).toEqual(never)
    expect((await session(bob.token)).status).toBe(200)
    expect(await eventsAbout(ada.id)).toEqual(['admin.sessions_revoked'])
  })

  test('revoked by an admin are logged without the admin’s IP and browser', async () => {
    holdEvents()
    const ada = await makeUser()
    const [one] = [await signIn(ada), await signIn(ada)]
    const path = `/admin/users/${ada.id}/sessions`
    const from = { ip: '203.0.113.5', headers: { 'user-agent': 'AdminBrowser/7' } }
    await root.asks('DELETE', `${path}/${one?.sessionId}`, undefined, from)
    await root.asks('DELETE', path, undefined, from)
    const revoked = (await eventsOf(ada.subject)).filter(
      ({ event }) => event === 'auth.sessions_ended',
    )
    expect(revoked).toHaveLength(2)
    for (const event of revoked) {
      expect(event).toMatchObject({
        ip: null,
        user_agent: null,
        data: { reason: 'revoked_by_admin' },
      })
    }
  })

  test('of somebody else are 404 to a user like ones that never were', async () => {
    const [ada, bob] = [await staff(), await staff()]
    const revoke = (sid: string) => ada.asks('DELETE', `/users/sessions/${sid}`)
    const never = comparable(await revoke('never-was'))
    expect(never.status).toBe(404)
    expect(comparable(await revoke(bob.sessionId))).toEqual(never)
    expect((await session(bob.token)).status).toBe(200)
  })

  test('an own session is marked as the current one', async () => {
    const { items } = (await list(root.id)).body
    expect(items.find(({ id }: { id: string }) => id === root.sessionId).current).toBe(true)
  })
})
