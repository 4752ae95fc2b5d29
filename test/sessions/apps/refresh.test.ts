/** Refresh tokens of apps: one chain, with grace for a lost answer; reuse ends the app's session. */
import { evictDurableObject } from 'cloudflare:test'
import { describe, expect, it, test } from 'vitest'
import {
  appSessionFor,
  DEVICE,
  isLive,
  objectRows,
  OFFLINE_SECONDS,
  otherApp,
  rotate,
  userObject,
} from '../../support/app-sessions'
import { HOUR, MINUTE, pass, SECOND, stopClock } from '../../support/clock'
import { eventsOf, holdEvents, watchQueues } from '../../support/queues'
import { signedInUser } from '../../support/users'

stopClock()
watchQueues()
holdEvents()

const GRACE = 10 * SECOND

describe('a refresh token', () => {
  it('is exchanged for the next generation, which the object remembers', async () => {
    const ada = await signedInUser()
    const app = await appSessionFor(ada)
    for (let n = 0; n < 3; n++) {
      const result = await rotate(ada, app, n)
      expect(result).toMatchObject({
        status: 'rotated',
        appSession: { id: app.id, generation: n + 1 },
        accountState: { subject: ada.subject },
      })
      await evictDurableObject(userObject(ada))
    }
    // The sign-in is recorded, and no refresh is.
    const events = (await eventsOf(ada.subject)).map(({ event }) => event)
    expect(events.filter((event) => event.startsWith('app.'))).toEqual(['app.signed_in'])
  })

  it('that was just replaced gets the same successor within the grace, and once more', async () => {
    const ada = await signedInUser()
    const app = await appSessionFor(ada)
    await rotate(ada, app, 0, GRACE)
    pass(GRACE)
    for (let n = 0; n < 2; n++) {
      expect(await rotate(ada, app, 0, GRACE)).toMatchObject({ appSession: { generation: 1 } })
    }
    pass(1)
    expect(await rotate(ada, app, 0, GRACE)).toEqual({ status: 'refused' })
    expect(await isLive(ada, app)).toBe(false)
  })

  it('of two generations before is reuse even within the grace', async () => {
    const ada = await signedInUser()
    const app = await appSessionFor(ada)
    await rotate(ada, app, 0, GRACE)
    await rotate(ada, app, 1, GRACE)
    expect(await rotate(ada, app, 0, GRACE)).toEqual({ status: 'refused' })
    expect(await isLive(ada, app)).toBe(false)
  })

  it('that is reused ends this session of the app and nothing else, and is reported', async () => {
    const ada = await signedInUser()
    const [app, other] = [await appSessionFor(ada), await appSessionFor(ada)]
    await rotate(ada, app, 0)
    pass(1)
    await eventsOf(ada.subject)
    expect(await rotate(ada, app, 0)).toEqual({ status: 'refused' })
    expect(await rotate(ada, app, 1)).toEqual({ status: 'refused' })
    expect(await isLive(ada, other)).toBe(true)
    expect((await userObject(ada).check(ada.sessionId, DEVICE)).isLive).toBe(true)
    const events = await eventsOf(ada.subject)
    expect(events.map(({ event, data }) => [event, data])).toEqual([
      ['app.refresh_reused', { client_id: app.clientId, app_session_id: app.id }],
      [
        'app.signed_out',
        {
          client_id: app.clientId,
          sub: app.sub,
          app_session_ids: [app.id],
          reason: 'refresh_reused',
        },
      ],
    ])
  })

  it('of the future is refused and ends nothing', async () => {
    const ada = await signedInUser()
    const app = await appSessionFor(ada)
    expect(await rotate(ada, app, 1)).toEqual({ status: 'refused' })
    expect(await isLive(ada, app)).toBe(true)
  })

  it('that another app presents is refused, spends nothing and ends nothing', async () => {
    const ada = await signedInUser()
    const app = await appSessionFor(ada)
    await rotate(ada, app, 0)
    pass(1)
    const thief = { id: app.id, clientId: otherApp().clientId }
    for (const generation of [0, 1]) {
      expect(await rotate(ada, thief, generation)).toEqual({ status: 'refused' })
    }
    expect(await rotate(ada, app, 1)).toMatchObject({ appSession: { generation: 2 } })
  })

  it('prolongs nothing', async () => {
    const ada = await signedInUser()
    const app = await appSessionFor(ada, { grant: { isOffline: true } })
    pass(OFFLINE_SECONDS * SECOND - 1)
    expect((await rotate(ada, app, 0)).status).toBe('rotated')
    pass(1)
    expect(await rotate(ada, app, 1)).toEqual({ status: 'refused' })
  })
})

test('50 parallel refreshes make one chain', async () => {
  const ada = await signedInUser()
  const app = await appSessionFor(ada)
  const results = await Promise.all(Array.from({ length: 50 }, () => rotate(ada, app, 0, GRACE)))
  const generations = results.map((result) =>
    result.status === 'rotated' ? result.appSession.generation : result.status,
  )
  expect(new Set(generations)).toEqual(new Set([1]))
  expect(await objectRows(ada, 'app_sessions')).toMatchObject([{ generation: 1 }])
})

test('without grace one of 50 parallel refreshes gets a token, and it dies with the session', async () => {
  const ada = await signedInUser()
  const app = await appSessionFor(ada)
  // The clock stands, so that all are within no time of each other.
  await rotate(ada, app, 0)
  pass(1)
  const results = await Promise.all(Array.from({ length: 50 }, () => rotate(ada, app, 0)))
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['refused']))
  expect(await rotate(ada, app, 1)).toEqual({ status: 'refused' })
})

test('a check is no write, but for the last use every 15 minutes', async () => {
  const ada = await signedInUser({ remember_me: true })
  const app = await appSessionFor(ada)
  const rows = async () => (await objectRows(ada, 'app_sessions'))[0]?.['last_used_at']
  const opened = await rows()
  pass(15 * MINUTE - 1)
  expect(await userObject(ada).checkApp(app.id)).toMatchObject({
    isLive: true,
    appSession: { lastUsedAt: Date.now() },
  })
  expect(await rows()).toBe(opened)
  pass(1)
  await isLive(ada, app)
  expect(await rows()).toBe(Date.now())
})

test('a session of a time when the clock was ahead lives for its length from now', async () => {
  const ada = await signedInUser({ remember_me: true })
  const at = Date.now()
  pass(HOUR)
  const app = await appSessionFor(ada, { grant: { isOffline: true } })
  pass(at - Date.now())
  const end = Date.now() + OFFLINE_SECONDS * SECOND
  expect(await userObject(ada).checkApp(app.id)).toMatchObject({
    isLive: true,
    appSession: { createdAt: Date.now(), expiresAt: end },
  })
  await evictDurableObject(userObject(ada))
  expect(await userObject(ada).checkApp(app.id)).toMatchObject({ appSession: { expiresAt: end } })
})

test('an app ends its own sessions only, and once', async () => {
  const ada = await signedInUser()
  const app = await appSessionFor(ada)
  const end = (clientId: string) =>
    userObject(ada).endAppSession(app.id, clientId, 'revoked_by_app', DEVICE)
  expect(await end(otherApp().clientId)).toBe(false)
  expect(await isLive(ada, app)).toBe(true)
  expect(await end(app.clientId)).toBe(true)
  expect(await end(app.clientId)).toBe(false)
  expect(await isLive(ada, app)).toBe(false)
})
