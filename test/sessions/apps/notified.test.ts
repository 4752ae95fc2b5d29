/** From the object's events to the rows that the console and back-channel logout need. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import type { EventMessage } from '../../../src/events'
import { rowsOf } from '../../db/rows'
import {
  alarmOf,
  appSessionFor,
  DEVICE,
  METADATA,
  objectRows,
  otherApp,
  userObject,
} from '../../support/app-sessions'
import { makeApp } from '../../support/apps'
import { DAY, MINUTE, pass, SECOND, stopClock } from '../../support/clock'
import { deliver, eventsOf, holdEvents, sentMessages, watchQueues } from '../../support/queues'
import { PASSWORD, signedInUser } from '../../support/users'

stopClock()
watchQueues()
holdEvents()

const given = { consent: { mode: 'given', metadataHash: METADATA, atResources: [] } } as const

const appOf = async (
  backchannelLogoutUri: string | null = 'https://client.example.org/logout',
) => ({
  ...otherApp(),
  clientId: (await makeApp({ backchannelLogoutUri })).clientId,
})

const deliveriesOf = (clientId: string) =>
  rowsOf('SELECT * FROM logout_deliveries WHERE client_id = ? ORDER BY sid', clientId)
const grantsOf = (id: number) => rowsOf('SELECT * FROM app_grants WHERE user_id = ?', id)

const isSignOut = (message: unknown): message is EventMessage =>
  (message as EventMessage).event === 'app.signed_out'

/** Ends of sessions of this app that its user's object has sent, whomever they name. */
const sentEndsOf = (clientId: string): EventMessage[] =>
  sentMessages()
    .filter(isSignOut)
    .filter(({ data }) => 'client_id' in data && data.client_id === clientId)

const erase = async (who: Awaited<ReturnType<typeof signedInUser>>) =>
  expect((await who.asks('DELETE', '/users/account', { password: PASSWORD })).status).toBe(202)

describe('a session of an app', () => {
  it('makes the user one of the app’s, at first and at last', async () => {
    const ada = await signedInUser()
    const app = await appOf()
    const { createdAt: first_at } = await appSessionFor(ada, { grant: app })
    pass(SECOND)
    const { createdAt: last_at } = await appSessionFor(ada, { grant: app })
    await deliver(await eventsOf(ada.subject))
    const [grant, ...more] = await grantsOf(ada.id)
    expect(more).toEqual([])
    expect(grant).toEqual({
      user_id: ada.id,
      client_id: app.clientId,
      first_at,
      last_at,
    })
    await userObject(ada).disconnectApp(app.clientId, DEVICE)
    await deliver(await eventsOf(ada.subject))
    expect(await grantsOf(ada.id)).toEqual([])
  })

  it('that ends makes one delivery with its outbox row, however often the event comes', async () => {
    const ada = await signedInUser()
    const app = await appOf()
    const sessions = [
      await appSessionFor(ada, { grant: app }),
      await appSessionFor(ada, { grant: app }),
    ]
    await userObject(ada).revokeSession(ada.sessionId, 'signed_out', DEVICE)
    const events = await eventsOf(ada.subject)
    await deliver(events)
    await deliver(events)
    const deliveries = await deliveriesOf(app.clientId)
    expect(deliveries.map(({ sid, sub, reason, state }) => [sid, sub, reason, state])).toEqual(
      sessions
        .map(({ id }) => [id, app.sub, 'signed_out', 'pending'])
        .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    )
    for (const { id } of deliveries) {
      expect(await rowsOf('SELECT kind, payload FROM outbox WHERE id = ?', id)).toEqual([
        { kind: 'webhook', payload: '{"event":"app.signed_out","logout":true}' },
      ])
    }
  })

  it('of an app without a logout URI makes none', async () => {
    const ada = await signedInUser()
    const app = await appOf(null)
    await appSessionFor(ada, { grant: app })
    await userObject(ada).revokeSession(ada.sessionId, 'signed_out', DEVICE)
    await deliver(await eventsOf(ada.subject))
    expect(await deliveriesOf(app.clientId)).toEqual([])
  })
})

describe('an erased user', () => {
  it('is signed out of their apps by events that name nobody', async () => {
    const ada = await signedInUser()
    const app = await appOf()
    const [child, offline] = [
      await appSessionFor(ada, { grant: app, conditions: given }),
      await appSessionFor(ada, { grant: { ...app, isOffline: true } }),
    ]
    await deliver(await eventsOf(ada.subject))
    await erase(ada)
    await vi.waitUntil(() => sentEndsOf(app.clientId).length > 0)
    const events = sentEndsOf(app.clientId)
    expect(events).toMatchObject([
      {
        subject: null,
        ip: null,
        country: null,
        user_agent: null,
        data: { sub: app.sub, reason: 'erased' },
      },
    ])
    expect(JSON.stringify(events)).not.toContain(ada.subject)
    await deliver(events)
    const deliveries = await deliveriesOf(app.clientId)
    expect(deliveries.map(({ sid }) => sid)).toEqual([child.id, offline.id].toSorted())
    for (const { id } of deliveries) {
      expect(await rowsOf('SELECT kind FROM outbox WHERE id = ?', id)).toHaveLength(1)
    }
    const [row] = await rowsOf('SELECT * FROM audit_log WHERE id = ?', events[0]?.id ?? '')
    expect(row).toMatchObject({ actor_id: null, target_id: null, ip: null })
    for (const table of ['app_sessions', 'codes', 'consents', 'events']) {
      expect(await objectRows(ada, table)).toEqual([])
    }
  })

  it('is so although the queue fails: the alarm of the erased object goes on trying', async () => {
    const ada = await signedInUser()
    const app = await appOf()
    await appSessionFor(ada, { grant: app })
    await eventsOf(ada.subject)
    const failing = vi.spyOn(env.EVENTS_QUEUE, 'sendBatch').mockRejectedValue(new Error('down'))
    // Ended just before, by another cause, and not sent either.
    await appSessionFor(ada, { grant: app })
    const [first] = await userObject(ada).connectedApps()
    expect(first?.sessions).toBe(2)
    const [{ id = '' } = {}] = await objectRows(ada, 'app_sessions')
    await userObject(ada).endAppSession(String(id), app.clientId, 'revoked_by_app', DEVICE)
    await userObject(ada).syncAccountState(null, null)
    const waiting = await objectRows(ada, 'events')
    expect(waiting.map(({ message }) => JSON.parse(String(message)))).toMatchObject([
      { event: 'app.signed_out', subject: null, ip: null, data: { reason: 'revoked_by_app' } },
      { event: 'app.signed_out', subject: null, ip: null, data: { reason: 'erased' } },
    ])
    expect(JSON.stringify(waiting)).not.toContain(ada.subject)
    expect(await alarmOf(ada)).toBeLessThanOrEqual(Date.now() + 15 * MINUTE)
    // Not even the end of the tombstone loses them.
    pass(32 * DAY)
    await evictDurableObject(userObject(ada))
    await runDurableObjectAlarm(userObject(ada))
    expect(await objectRows(ada, 'events')).toHaveLength(2)
    failing.mockRestore()
    watchQueues()
    holdEvents()
    await runDurableObjectAlarm(userObject(ada))
    const reasons = sentEndsOf(app.clientId).map(({ data }) => 'reason' in data && data.reason)
    expect(reasons).toEqual(['revoked_by_app', 'erased'])
    await runInDurableObject(userObject(ada), async (_, { storage }) => {
      expect((await storage.list()).size).toBe(0)
      expect(await storage.getAlarm()).toBeNull()
    })
  })

  it('is so for an end that the queue still holds when the account is gone', async () => {
    const ada = await signedInUser()
    const app = await appOf()
    const session = await appSessionFor(ada, { grant: app })
    await userObject(ada).revokeSession(ada.sessionId, 'signed_out', DEVICE)
    const events = await eventsOf(ada.subject)
    await env.DB.prepare('DELETE FROM users WHERE id = ?').bind(ada.id).run()
    await deliver(events)
    expect(await deliveriesOf(app.clientId)).toMatchObject([{ sid: session.id, sub: app.sub }])
    const end = events.find(isSignOut)
    const [row] = await rowsOf('SELECT * FROM audit_log WHERE id = ?', end?.id ?? '')
    expect(row).toMatchObject({ target_id: null, ip: null, country: null, user_agent: null })
    // Other events about a user who is gone are skipped, as before.
    const signedIn = events.find(({ event }) => event === 'app.signed_in')
    expect(await rowsOf('SELECT 1 FROM audit_log WHERE id = ?', signedIn?.id ?? '')).toEqual([])
  })
})
