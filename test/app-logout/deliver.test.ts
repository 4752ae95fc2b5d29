/** Back-channel logout to a real receiver over a real socket, for every cause, with its retries and its log. */
import { describe, expect, it, test } from 'vitest'
import { purgeLogoutDeliveries } from '../../src/app-logout/purge-logout-deliveries'
import { sessionsOf } from '../../src/sessions/object-stub'
import { insertRow, rowsOf } from '../db/rows'
import { visitor } from '../pages/admin/site'
import { call, get, post, said } from '../support/api'
import { depsFor } from '../support/deps'
import { PASSWORD, type SignedInUser, signedInUser, staff } from '../support/users'
import {
  deliveriesTo,
  endSession,
  listeningApp,
  makeDue,
  notifications,
  openApp,
  receivedBy,
  sweep,
  tokensOf,
  withReceiver,
} from './desk'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const NEW_PASSWORD = 'Battery-Staple-9'
const DEVICE = { ip: null, country: null, userAgent: null }

withReceiver()

describe('the end of a session', () => {
  it('is reported to its app once, by a logout token for this session', async () => {
    const app = await listeningApp()
    const ada = await signedInUser()
    const { id: sid, sub } = await openApp(ada, app)
    await post('/api/v1/auth/logout', undefined, { token: ada.token })
    const [row] = await deliveriesTo(app)
    expect(row).toMatchObject({ sid, sub, reason: 'signed_out', state: 'pending', attempts: 0 })
    expect(notifications).toHaveBeenCalled()
    expect(await sweep()).toMatchObject({ due: 1, done: 1 })
    expect(await tokensOf(app)).toEqual([
      {
        iss: 'http://localhost:8787',
        aud: app.clientId,
        sub,
        sid,
        jti: expect.stringMatching(/^[\w-]{22}$/),
        iat: expect.any(Number),
        exp: expect.any(Number),
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      },
    ])
    const [request] = await receivedBy(app.key)
    expect(request?.headers['content-type']).toBe('application/x-www-form-urlencoded')
    // Not even the user's subject: `sub` is what this app alone knows them by.
    expect(request?.body).not.toContain(ada.subject)
    expect(await deliveriesTo(app)).toMatchObject([
      { state: 'delivered', attempts: 1, last_status: 204, last_error: null },
    ])
    expect(await sweep()).toMatchObject({ due: 0 })
    expect(await rowsOf("SELECT * FROM outbox WHERE kind = 'webhook'")).toEqual([])
  })

  it('is reported for each session of each app, and to no other app', async () => {
    const [one, two, other] = [await listeningApp(), await listeningApp(), await listeningApp()]
    const ada = await signedInUser()
    const sids = [await openApp(ada, one), await openApp(ada, one)].map(({ id }) => id)
    const { id } = await openApp(ada, two)
    await openApp(await signedInUser(), other)
    await post('/api/v1/auth/logout', undefined, { token: ada.token })
    await deliveriesTo(one, 2)
    await deliveriesTo(two)
    await sweep()
    const told = async (app: typeof one) => (await tokensOf(app)).map(({ sid }) => sid)
    expect((await told(one)).toSorted()).toEqual(sids.toSorted())
    expect(await told(two)).toEqual([id])
    expect(await receivedBy(other.key)).toEqual([])
  })

  it('is not reported to an app without a logout URI', async () => {
    const [silent, listening] = [
      await listeningApp('ok', { backchannelLogoutUri: null }),
      await listeningApp(),
    ]
    const ada = await signedInUser()
    await openApp(ada, silent)
    await openApp(ada, listening)
    await post('/api/v1/auth/logout', undefined, { token: ada.token })
    await deliveriesTo(listening)
    expect(
      await rowsOf('SELECT 1 FROM logout_deliveries WHERE client_id = ?', silent.clientId),
    ).toEqual([])
  })
})

describe('every cause is reported:', () => {
  let root: SignedInUser | undefined
  const admin = async () => (root ??= await staff('admin'))

  const causes: Record<
    string,
    { reason: string; end: (ada: SignedInUser, sid: string, clientId: string) => unknown }
  > = {
    'the user signs out': {
      reason: 'signed_out',
      end: ({ token }) => post('/api/v1/auth/logout', undefined, { token }),
    },
    'the user revokes the session elsewhere': {
      reason: 'revoked',
      end: async ({ email, sessionId }) => {
        const { body } = await post('/api/v1/auth/login', { username: email, password: PASSWORD })
        return call('DELETE', `/api/v1/users/sessions/${sessionId}`, undefined, {
          token: body.access_token,
        })
      },
    },
    'an admin revokes all sessions': {
      reason: 'revoked_by_admin',
      end: async ({ id }) => (await admin()).asks('DELETE', `/admin/users/${id}/sessions`),
    },
    'an admin deactivates the user': {
      reason: 'credentials_changed',
      end: async ({ id }) =>
        (await admin()).asks('PUT', `/admin/users/${id}/status`, { is_active: false }),
    },
    'the password is changed elsewhere': {
      reason: 'credentials_changed',
      end: async ({ email }) => {
        const { body } = await post('/api/v1/auth/login', { username: email, password: PASSWORD })
        return post(
          '/api/v1/users/change-password',
          { current_password: PASSWORD, new_password: NEW_PASSWORD },
          { token: body.access_token },
        )
      },
    },
    'the user erases the account': {
      reason: 'erased',
      end: ({ token }) =>
        call('DELETE', '/api/v1/users/account', { password: PASSWORD }, { token }),
    },
    'an admin erases the user': {
      reason: 'erased',
      end: async ({ id }) => (await admin()).asks('DELETE', `/admin/users/${id}`),
    },
    'the user disconnects the app': {
      reason: 'disconnected',
      end: ({ subject }, _, clientId) =>
        sessionsOf(depsFor(), subject).disconnectApp(clientId, DEVICE),
    },
    'a refresh token of the app is used again': {
      reason: 'refresh_reused',
      end: async ({ subject }, sid, clientId) => {
        const object = sessionsOf(depsFor(), subject)
        // Without any grace, not even for the same millisecond.
        await object.rotateApp(sid, clientId, 0, -1, DEVICE)
        return object.rotateApp(sid, clientId, 0, -1, DEVICE)
      },
    },
  }

  test.each(Object.entries(causes))('%s', async (_, { reason, end }) => {
    const app = await listeningApp()
    const ada = await signedInUser({ remember_me: true })
    const { id: sid, sub } = await openApp(ada, app)
    const ended = (await end(ada, sid, app.clientId)) as {
      status?: number | string
      body?: unknown
    }
    if (typeof ended?.status === 'number') {
      expect(ended.status, JSON.stringify(ended.body)).toBeLessThan(300)
    }
    expect(await deliveriesTo(app)).toMatchObject([{ sid, sub, reason }])
    expect(await sweep()).toMatchObject({ done: 1 })
    expect(await tokensOf(app)).toMatchObject([{ sid, sub }])
  })
})

describe('an app that', () => {
  const endedOne = async (behaviour: string) => {
    const app = await listeningApp(behaviour)
    const ada = await signedInUser()
    await openApp(ada, app)
    await endSession(ada)
    await deliveriesTo(app)
    notifications.mockClear()
    return app
  }

  it('fails twice is tried again after 5 seconds and 5 minutes, each time with another jti', async () => {
    const app = await endedOne('fail-twice')
    expect(await sweep()).toMatchObject({ retry: 1 })
    expect(notifications).toHaveBeenCalledWith({}, { delaySeconds: 6 })
    expect(await deliveriesTo(app)).toMatchObject([
      { state: 'pending', attempts: 1, last_error: 'status_500', last_status: 500 },
    ])
    expect(await sweep()).toMatchObject({ due: 0 })
    await makeDue()
    expect(await sweep()).toMatchObject({ retry: 1 })
    await makeDue()
    expect(await sweep()).toMatchObject({ done: 1 })
    const told = await tokensOf(app)
    expect(told).toHaveLength(3)
    expect(new Set(told.map(({ jti }) => jti)).size).toBe(3)
    expect(new Set(told.map(({ sid }) => sid)).size).toBe(1)
    expect(await deliveriesTo(app)).toMatchObject([
      { state: 'delivered', attempts: 3, last_error: null },
    ])
  })

  it('breaks off is asked again', async () => {
    const app = await endedOne('break-off-once')
    await sweep()
    expect(await deliveriesTo(app)).toMatchObject([{ last_error: 'no_connection' }])
    await makeDue()
    expect(await sweep()).toMatchObject({ done: 1 })
    expect(await tokensOf(app)).toHaveLength(2)
  })

  it('redirects has failed, and where it points to gets no token', async () => {
    const app = await endedOne('redirect')
    expect(await sweep()).toMatchObject({ retry: 1 })
    expect(await deliveriesTo(app)).toMatchObject([{ last_error: 'status_307' }])
    expect(await receivedBy(`${app.key}-elsewhere`)).toEqual([])
  })

  it('answers without an end is not listened to', async () => {
    await endedOne('endless')
    const began = Date.now()
    expect(await sweep()).toMatchObject({ done: 1 })
    expect(Date.now() - began).toBeLessThan(5000)
  })

  it('hangs is given ten seconds, then left alone for a minute, while others are notified', async () => {
    const app = await listeningApp('hang')
    const other = await listeningApp()
    const ada = await signedInUser()
    for (let n = 0; n < 6; n++) await openApp(ada, app)
    await openApp(ada, other)
    await endSession(ada)
    await deliveriesTo(app, 6)
    await deliveriesTo(other)
    const began = Date.now()
    expect(await sweep()).toMatchObject({ due: 7, done: 1, retry: 6 })
    expect(Date.now() - began).toBeLessThan(20_000)
    const asked = (await receivedBy(app.key)).length
    const errors = (await deliveriesTo(app)).map(({ last_error }) => last_error)
    expect(errors.filter((each) => each === 'timeout')).toHaveLength(asked)
    expect(errors.filter((each) => each === 'app_paused')).toHaveLength(6 - asked)
    await makeDue()
    await sweep()
    expect(await receivedBy(app.key)).toHaveLength(asked)
    await rowsOf('UPDATE apps SET logout_paused_until = ?', Date.now())
    await rowsOf('UPDATE outbox SET next_attempt_at = 0 WHERE id = (SELECT min(id) FROM outbox)')
    await sweep()
    expect((await receivedBy(app.key)).length).toBeGreaterThan(asked)
  }, 60_000)

  it('is gone is not asked again until an admin does', async () => {
    const app = await endedOne('gone')
    expect(await sweep()).toMatchObject({ dead: 1 })
    expect(await deliveriesTo(app)).toMatchObject([{ state: 'dead', last_error: 'gone' }])
    const root = await staff('admin')
    const path = `/admin/apps/${app.clientId}/logout-deliveries`
    const [listed] = (await root.asks('GET', path)).body.items
    expect(listed).toMatchObject({ state: 'dead', can_retry: true, next_attempt_at: null })
    await rowsOf(
      "UPDATE apps SET backchannel_logout_uri = replace(backchannel_logout_uri, '/gone/', '/ok/')",
    )
    await root.asks('POST', `/admin/outbox/${listed.id}/retry`)
    expect((await root.asks('GET', path)).body.items).toMatchObject([{ state: 'pending' }])
    expect(await sweep()).toMatchObject({ done: 1 })
    expect((await root.asks('GET', path)).body.items).toMatchObject([
      { state: 'delivered', can_retry: false },
    ])
  })

  it('fails ten times in three days has failed for good', async () => {
    const app = await endedOne('fail')
    for (let n = 0; n < 9; n++) {
      expect(await sweep()).toMatchObject({ retry: 1 })
      await makeDue()
    }
    expect(await sweep()).toMatchObject({ dead: 1 })
    expect(await deliveriesTo(app)).toMatchObject([
      { state: 'dead', attempts: 10, last_error: 'status_500' },
    ])
  })

  const GONE = [
    ['was deleted', 'DELETE FROM apps WHERE client_id = ?', 'app_deleted'],
    ['was disabled', 'UPDATE apps SET disabled_at = 1 WHERE client_id = ?', 'app_disabled'],
    [
      'no longer wants to know',
      'UPDATE apps SET backchannel_logout_uri = NULL WHERE client_id = ?',
      'no_logout_uri',
    ],
  ] as const
  it.each(GONE)('%s is not notified', async (_, change, error) => {
    const app = await endedOne('ok')
    await rowsOf(change, app.clientId)
    expect(await sweep()).toMatchObject({ done: 1 })
    expect(await deliveriesTo(app)).toMatchObject([
      { state: 'dead', last_error: error, attempts: 0 },
    ])
    expect(await receivedBy(app.key)).toEqual([])
  })

  it.each([
    'http://client.example.org/logout',
    'https://10.0.0.1/logout',
    'https://intranet/logout',
    'http://localhost:8787/logout',
    'https://client.example.org:8443/logout',
  ])('has the logout URI %s is never called', async (url) => {
    const app = await endedOne('ok')
    await rowsOf(
      'UPDATE apps SET backchannel_logout_uri = ? WHERE client_id = ?',
      url,
      app.clientId,
    )
    expect(await sweep()).toMatchObject({ dead: 1 })
    expect(await deliveriesTo(app)).toMatchObject([
      { state: 'dead', last_error: 'destination_refused', last_status: null },
    ])
  })

  it('was notified before the answer could be recorded is notified once more', async () => {
    const app = await endedOne('ok')
    const [row] = await rowsOf("SELECT * FROM outbox WHERE kind = 'webhook'")
    await sweep()
    // As if the outbox row had been left.
    await insertRow('outbox', { ...row, attempts: 1 })
    await makeDue()
    expect(await sweep()).toMatchObject({ done: 1 })
    expect(await receivedBy(app.key)).toHaveLength(1)
  })
})

describe('the log', () => {
  it('is listed by pages, newest first, for admins of the system alone', async () => {
    const app = await listeningApp()
    const at = Date.now()
    for (let n = 0; n < 60; n++) {
      await insertRow('logout_deliveries', {
        id: `${(at + n).toString(16).padStart(11, '0')}${'0'.repeat(11)}`,
        client_id: app.clientId,
        sid: `sid-${n}`,
        sub: 'sub',
        reason: 'signed_out',
        created_at: at + n,
      })
    }
    const root = await staff('admin')
    const path = `/admin/apps/${app.clientId}/logout-deliveries`
    const { body: first } = await root.asks('GET', path)
    expect(first.items).toHaveLength(50)
    expect(first.items[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{22}$/),
      sid: 'sid-59',
      sub: 'sub',
      reason: 'signed_out',
      state: 'pending',
      attempts: 0,
      last_status: null,
      last_error: null,
      next_attempt_at: new Date(at + 59).toISOString(),
      delivered_at: null,
      created_at: new Date(at + 59).toISOString(),
      can_retry: true,
    })
    const { body: second } = await root.asks('GET', `${path}?cursor=${first.next_cursor}`)
    expect(second.items.at(-1).sid).toBe('sid-0')
    expect(second.next_cursor).toBeNull()
    const unknown = await root.asks('GET', '/admin/apps/nothing/logout-deliveries')
    expect(said(unknown)).toBe('404 not_found')
    const ada = await signedInUser()
    expect(said(await ada.asks('GET', path))).toBe('403 forbidden')
    expect(said(await get(`/api/v1${path}`))).toBe('401 invalid_access_token')
  })

  it('is kept for 30 days', async () => {
    const app = await listeningApp()
    const ada = await signedInUser()
    await openApp(ada, app)
    await endSession(ada)
    await deliveriesTo(app)
    expect(await purgeLogoutDeliveries(depsFor({ now: Date.now() + 29 * DAY }))).toBe(0)
    expect(await purgeLogoutDeliveries(depsFor({ now: Date.now() + 31 * DAY }))).toBe(1)
    // What is left of it does nothing.
    expect(await sweep()).toMatchObject({ done: 1 })
    expect(await receivedBy(app.key)).toEqual([])
  })
})

describe('the page of the log', () => {
  it('shows what was sent and why, and sends it again', async () => {
    const app = await listeningApp('gone', { name: 'Orders <b>' })
    const ada = await signedInUser()
    const { id: sid } = await openApp(ada, app)
    await endSession(ada)
    await deliveriesTo(app)
    await sweep()
    const root = await visitor('admin')
    const path = `/admin/apps/${app.clientId}/logout-deliveries`
    const { body } = await root.open(path)
    expect(body).toContain(sid)
    expect(body).toContain('Signed out')
    expect(body).toContain('Failed')
    expect(body).toContain('Orders &lt;b&gt;')
    const [, id = ''] = /name="id" value="([0-9a-f]{22})"/.exec(body) ?? []
    const sent = await root.submit(`${path}/retry`, { id })
    expect(sent.headers.get('location')).toBe(path)
    expect(await deliveriesTo(app)).toMatchObject([{ state: 'pending' }])
    expect((await root.submit(`${path}/retry`, { id: 'x' })).status).not.toBe(200)
    expect((await root.open('/admin/apps/nothing/logout-deliveries')).status).toBe(404)
    const other = await visitor('moderator')
    expect((await other.open(path)).status).toBe(403)
    expect((await other.submit(`${path}/retry`, { id })).status).toBe(403)
  })
})
