/** How sessions of apps end, and how the apps are notified. */
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { describe, expect, it, test } from 'vitest'
import type { EventMessage } from '../../../src/events'
import type { AppSession } from '../../../src/sessions/app-session-types'
import {
  alarmOf,
  appSessionFor,
  authorizeRequest,
  codeFor,
  DEVICE,
  isLive,
  METADATA,
  objectRows,
  OFFLINE_SECONDS,
  otherApp,
  redeem,
  userObject,
} from '../../support/app-sessions'
import { DAY, HOUR, pass, SECOND, stopClock } from '../../support/clock'
import { userWithPasskey } from '../../support/passkeys'
import { eventsOf, holdEvents, watchQueues } from '../../support/queues'
import { freshCode, userWithSecondFactor } from '../../support/second-factor'
import { PASSWORD, signedInUser, signIn, staff } from '../../support/users'

stopClock()
watchQueues()
holdEvents()

interface Who {
  subject: string
  sessionId: string
}

const offline = { grant: { isOffline: true } }

const signedOut = (events: EventMessage[]) =>
  events.flatMap((event) => (event.event === 'app.signed_out' ? [event.data] : []))

const expectEnded = async (who: Who, ...sessions: AppSession[]) => {
  for (const session of sessions) expect(await isLive(who, session)).toBe(false)
  const kept = (await objectRows(who, 'app_sessions')).map((row) => row['id'])
  for (const { id } of sessions) expect(kept).not.toContain(id)
}

describe('the end of the browser’s session', () => {
  it('ends its children in the same call, with one event for each app', async () => {
    const ada = await signedInUser()
    const [one, two] = [await appSessionFor(ada), await appSessionFor(ada)]
    const other = await appSessionFor(ada, { grant: otherApp() })
    await eventsOf(ada.subject)
    expect((await ada.asks('POST', '/auth/logout')).status).toBe(204)
    await expectEnded(ada, one, two, other)
    expect(signedOut(await eventsOf(ada.subject))).toEqual([
      {
        client_id: one.clientId,
        sub: one.sub,
        app_session_ids: [one.id, two.id],
        reason: 'signed_out',
      },
      {
        client_id: other.clientId,
        sub: other.sub,
        app_session_ids: [other.id],
        reason: 'signed_out',
      },
    ])
  })

  it('leaves those of another browser and those for offline use alone', async () => {
    const ada = await signedInUser()
    const elsewhere = await signIn({ ...ada, password: PASSWORD })
    const [child, forOffline] = [await appSessionFor(ada), await appSessionFor(ada, offline)]
    const other = await appSessionFor(elsewhere)
    await userObject(ada).revokeSession(ada.sessionId, 'signed_out', DEVICE)
    await expectEnded(ada, child)
    expect(await isLive(ada, forOffline)).toBe(true)
    expect(await isLive(ada, other)).toBe(true)
  })

  it.each(['revoked', 'revoked_by_admin', 'refresh_reused'] as const)(
    'as %s also ends what it opened for offline use',
    async (reason) => {
      const ada = await signedInUser()
      const elsewhere = await signIn({ ...ada, password: PASSWORD })
      const ended = await appSessionFor(ada, offline)
      const other = await appSessionFor(elsewhere, offline)
      await userObject(ada).revokeSession(ada.sessionId, reason, DEVICE)
      await expectEnded(ada, ended)
      expect(await isLive(ada, other)).toBe(true)
    },
  )

  it('by its own reused refresh token ends its children', async () => {
    const ada = await signedInUser({ remember_me: true })
    const [child, forOffline] = [await appSessionFor(ada), await appSessionFor(ada, offline)]
    await userObject(ada).rotate(ada.sessionId, 0, 0, DEVICE)
    pass(1)
    await userObject(ada).rotate(ada.sessionId, 0, 0, DEVICE)
    await expectEnded(ada, child, forOffline)
  })

  it('because of too many sessions ends its children', async () => {
    const ada = await signedInUser()
    const child = await appSessionFor(ada)
    for (let n = 0; n < 50; n++) {
      pass(1)
      await signIn({ ...ada, password: PASSWORD })
    }
    await expectEnded(ada, child)
    const told = signedOut(await eventsOf(ada.subject))
    expect(told.map(({ reason }) => reason)).toEqual(['too_many_sessions'])
  })

  it('by expiry ends its children at that instant; the alarm notifies the apps', async () => {
    const ada = await signedInUser()
    const child = await appSessionFor(ada)
    await eventsOf(ada.subject)
    pass(child.expiresAt - Date.now() - 1)
    expect(await isLive(ada, child)).toBe(true)
    pass(1)
    expect(await isLive(ada, child)).toBe(false)
    expect(await alarmOf(ada)).toBeLessThanOrEqual(Date.now())
    await runDurableObjectAlarm(userObject(ada))
    await expectEnded(ada, child)
    const told = signedOut(await eventsOf(ada.subject))
    expect(told.map(({ app_session_ids, reason }) => [app_session_ids, reason])).toEqual([
      [[child.id], 'expired'],
    ])
  })
})

test('a session for offline use expires by itself, and its app is notified by the alarm', async () => {
  const ada = await signedInUser()
  const app = await appSessionFor(ada, offline)
  await runDurableObjectAlarm(userObject(ada))
  pass(12 * HOUR)
  await runDurableObjectAlarm(userObject(ada))
  expect(await isLive(ada, app)).toBe(true)
  await eventsOf(ada.subject)
  expect(await alarmOf(ada)).toBeLessThanOrEqual(app.createdAt + OFFLINE_SECONDS * SECOND)
  pass(30 * DAY)
  await runDurableObjectAlarm(userObject(ada))
  await expectEnded(ada, app)
  expect(signedOut(await eventsOf(ada.subject))).toMatchObject([{ reason: 'expired' }])
})

describe('changed credentials end all of them', () => {
  it('after a new password', async () => {
    const ada = await signedInUser()
    const all = [await appSessionFor(ada), await appSessionFor(ada, offline)]
    await eventsOf(ada.subject)
    const changed = await ada.asks('POST', '/users/change-password', {
      current_password: PASSWORD,
      new_password: 'Another-Horse-8',
    })
    expect(changed.status).toBeLessThan(300)
    await expectEnded(ada, ...all)
    // One event, although one of them is also a child of a session that was revoked.
    expect(signedOut(await eventsOf(ada.subject))).toMatchObject([
      {
        app_session_ids: expect.arrayContaining(all.map(({ id }) => id)),
        reason: 'credentials_changed',
      },
    ])
  })

  it('those of the session that is kept too', async () => {
    const ada = await userWithSecondFactor()
    const all = [await appSessionFor(ada), await appSessionFor(ada, offline)]
    const off = await ada.asks('POST', '/users/2fa/disable', {
      password: PASSWORD,
      code: await freshCode(ada),
    })
    expect(off.status).toBeLessThan(300)
    expect((await userObject(ada).check(ada.sessionId, DEVICE)).isLive).toBe(true)
    await expectEnded(ada, ...all)
  })

  it('“sign out everywhere else” ends those of every browser', async () => {
    const ada = await signedInUser()
    const elsewhere = await signIn({ ...ada, password: PASSWORD })
    const all = [
      await appSessionFor(ada),
      await appSessionFor(elsewhere),
      await appSessionFor(elsewhere, offline),
    ]
    expect((await ada.asks('DELETE', '/users/sessions')).status).toBe(204)
    expect((await userObject(ada).check(ada.sessionId, DEVICE)).isLive).toBe(true)
    await expectEnded(ada, ...all)
  })

  it('an admin who revokes all sessions', async () => {
    const [root, ada] = [await staff('admin'), await signedInUser()]
    const all = [await appSessionFor(ada), await appSessionFor(ada, offline)]
    const { status } = await root.asks('DELETE', `/admin/users/${ada.id}/sessions`)
    expect(status).toBeLessThan(300)
    await expectEnded(ada, ...all)
  })

  it('an admin who deactivates the account', async () => {
    const [root, ada] = [await staff('admin'), await signedInUser()]
    const all = [await appSessionFor(ada), await appSessionFor(ada, offline)]
    const { status } = await root.asks('PUT', `/admin/users/${ada.id}/status`, {
      is_active: false,
    })
    expect(status).toBeLessThan(300)
    await expectEnded(ada, ...all)
  })
})

test('all that was opened up to an instant is ended without the account’s change', async () => {
  const ada = await signedInUser()
  const early = await appSessionFor(ada, offline)
  const until = Date.now()
  pass(1)
  const late = await appSessionFor(ada, offline)
  await userObject(ada).revokeSessions(null, 'revoked_by_admin', DEVICE, until, 1)
  await expectEnded(ada, early)
  // It is of the browser's session, which was opened before, so it is distrusted as well.
  await expectEnded(ada, late)
  const elsewhere = await signIn({ ...ada, password: PASSWORD })
  const after = await appSessionFor(elsewhere, offline)
  await userObject(ada).revokeSessions(null, 'revoked_by_admin', DEVICE, until, 1)
  expect(await isLive(ada, after)).toBe(true)
})

test('a removed passkey ends what relied on it, and nothing else', async () => {
  const ada = await userWithPasskey()
  const before = await appSessionFor(ada, offline)
  const elsewhere = await signIn({ ...ada, password: PASSWORD })
  const other = await appSessionFor(elsewhere, offline)
  await eventsOf(ada.subject)
  const { status } = await ada.asks('DELETE', `/users/passkeys/${ada.passkeyId}`)
  expect(status).toBeLessThan(300)
  // The session that made the passkey counts as proved by it.
  await expectEnded(ada, before)
  expect((await userObject(ada).check(ada.sessionId, DEVICE)).isLive).toBe(true)
  expect(signedOut(await eventsOf(ada.subject))).toMatchObject([{ reason: 'credentials_changed' }])
  expect(await isLive(ada, other)).toBe(true)
  expect(await isLive(ada, await appSessionFor(ada, offline))).toBe(true)
})

test('a code opens nothing if its passkey is removed before it is redeemed', async () => {
  const ada = await userWithPasskey()
  const code = await codeFor(ada)
  await ada.asks('DELETE', `/users/passkeys/${ada.passkeyId}`)
  expect(await redeem(ada, code)).toEqual({ status: 'invalid' })
})

describe('the limits', () => {
  it('of ten sessions of an app: the least recently used ends, and its app is notified', async () => {
    const ada = await signedInUser()
    const sessions: AppSession[] = []
    const other = await appSessionFor(ada, { grant: otherApp() })
    for (let n = 0; n < 10; n++) {
      sessions.push(await appSessionFor(ada))
      pass(1)
    }
    const [first, second] = sessions
    if (!first || !second) throw new Error('no sessions')
    await isLive(ada, first)
    await eventsOf(ada.subject)
    pass(1)
    sessions.push(await appSessionFor(ada))
    await expectEnded(ada, second)
    expect(await isLive(ada, first)).toBe(true)
    expect(await isLive(ada, other)).toBe(true)
    expect(signedOut(await eventsOf(ada.subject))).toMatchObject([
      { app_session_ids: [second.id], reason: 'too_many_app_sessions' },
    ])
  })

  it('of 200 sessions in all', async () => {
    const ada = await signedInUser()
    const first = await appSessionFor(ada)
    for (let n = 0; n < 199; n++) {
      if (n === 100) pass(6 * 60 * SECOND)
      pass(1)
      await appSessionFor(ada, { grant: otherApp() })
    }
    expect(await objectRows(ada, 'app_sessions')).toHaveLength(200)
    pass(6 * 60 * SECOND)
    await appSessionFor(ada, { grant: otherApp() })
    await expectEnded(ada, first)
    expect(await objectRows(ada, 'app_sessions')).toHaveLength(200)
  })
})

describe('disconnecting an app', () => {
  const given = {
    conditions: { consent: { mode: 'given', metadataHash: METADATA, atResources: [] } },
  } as const

  it('removes consent, codes and sessions, and notifies the app', async () => {
    const ada = await signedInUser()
    const elsewhere = await signIn({ ...ada, password: PASSWORD })
    const sessions = [
      await appSessionFor(ada, given),
      await appSessionFor(elsewhere, { ...given, ...offline }),
    ]
    const code = await codeFor(ada, given)
    const other = await appSessionFor(ada, { grant: otherApp(), ...given })
    await eventsOf(ada.subject)
    const { clientId } = authorizeRequest().grant
    expect(await userObject(ada).disconnectApp(clientId, DEVICE)).toBe(true)
    await expectEnded(ada, ...sessions)
    expect(await redeem(ada, code)).toEqual({ status: 'invalid' })
    const consents = await objectRows(ada, 'consents')
    expect(consents.map((row) => row['client_id'])).toEqual([other.clientId])
    expect(await isLive(ada, other)).toBe(true)
    const events = await eventsOf(ada.subject)
    expect(signedOut(events)).toMatchObject([
      { app_session_ids: sessions.map(({ id }) => id), reason: 'disconnected' },
    ])
    expect(events.at(-1)).toMatchObject({
      event: 'app.disconnected',
      data: { client_id: clientId },
    })
    expect(await userObject(ada).disconnectApp(clientId, DEVICE)).toBe(false)
  })

  it('beside consent that is given at the same time: one of the two is the last', async () => {
    for (let round = 0; round < 10; round++) {
      const ada = await signedInUser()
      const { clientId } = authorizeRequest().grant
      await appSessionFor(ada, given)
      const disconnect = () => userObject(ada).disconnectApp(clientId, DEVICE)
      const consent = () => userObject(ada).authorize(ada.sessionId, authorizeRequest(given))
      const inOrder = round % 2 ? [disconnect, consent] : [consent, disconnect]
      const results = await Promise.all(inOrder.map((call) => call()))
      const code = results.find((result) => typeof result === 'object')
      if (code?.status !== 'code') throw new Error('consent is never refused')
      const consents = await objectRows(ada, 'consents')
      const redeemed = await redeem(ada, code.id)
      // Both or neither: never a code without its consent, nor a consent of before.
      expect(redeemed.status).toBe(consents.length === 1 ? 'opened' : 'invalid')
    }
  })
})

test('authorization against deactivation: no code of it opens a session afterwards', async () => {
  const root = await staff('admin')
  for (let round = 0; round < 5; round++) {
    const ada = await signedInUser()
    const [deactivated, ...results] = await Promise.all([
      root.asks('PUT', `/admin/users/${ada.id}/status`, { is_active: false }),
      ...Array.from({ length: 10 }, () =>
        userObject(ada).authorize(ada.sessionId, authorizeRequest(offline)),
      ),
    ])
    expect(deactivated.status).toBe(200)
    for (const result of results) {
      if (result.status !== 'code') continue
      expect(await redeem(ada, result.id)).toEqual({ status: 'invalid' })
    }
    expect(await userObject(ada).authorize(ada.sessionId, authorizeRequest())).toEqual({
      status: 'signed_out',
    })
    expect(await objectRows(ada, 'app_sessions')).toEqual([])
  }
})

describe('an app that signs its user out', () => {
  const signOut = (who: Who, app: AppSession | null) =>
    userObject(who).signOutForApp(who.sessionId, app?.id ?? null, DEVICE)

  it.each([false, true])(
    'ends the browser’s session that its own belongs to (offline: %s)',
    async (isOffline) => {
      const ada = await signedInUser()
      const app = await appSessionFor(ada, { grant: { isOffline } })
      expect(await signOut(ada, app)).toBe('signed_out')
      expect((await userObject(ada).check(ada.sessionId, DEVICE)).isLive).toBe(false)
      expect(await signOut(ada, app)).toBe('no_session')
    },
  )

  it('may have revoked its tokens first, up to ten minutes ago', async () => {
    const revoked = async () => {
      const ada = await signedInUser()
      const app = await appSessionFor(ada)
      await userObject(ada).endAppSession(app.id, app.clientId, 'revoked_by_app', DEVICE)
      return { ada, app }
    }
    const [soon, late, forgotten] = [await revoked(), await revoked(), await revoked()]
    await evictDurableObject(userObject(forgotten.ada))
    expect(await signOut(forgotten.ada, forgotten.app)).toBe('ask')
    pass(600 * SECOND)
    expect(await signOut(soon.ada, soon.app)).toBe('signed_out')
    expect((await userObject(soon.ada).check(soon.ada.sessionId, DEVICE)).isLive).toBe(false)
    pass(1)
    expect(await signOut(late.ada, late.app)).toBe('ask')
  })

  it('must ask if its session is of another browser, over, unknown or not named', async () => {
    const ada = await signedInUser()
    const elsewhere = await signIn({ ...ada, password: PASSWORD })
    const other = await appSessionFor(elsewhere)
    const over = await appSessionFor(ada)
    await userObject(ada).endAppSession(over.id, over.clientId, 'disconnected', DEVICE)
    const revoked = await appSessionFor(elsewhere)
    await userObject(ada).endAppSession(revoked.id, revoked.clientId, 'revoked_by_app', DEVICE)
    for (const app of [other, over, revoked, { ...over, id: 'unknown' }, null]) {
      expect(await signOut(ada, app)).toBe('ask')
    }
    expect((await userObject(ada).check(ada.sessionId, DEVICE)).isLive).toBe(true)
  })
})

test('connected apps: those with a consent or a live session, the most recently used first', async () => {
  const ada = await signedInUser({ remember_me: true })
  const [allowed, trusted] = [otherApp(), otherApp()]
  const since = Date.now()
  await codeFor(ada, {
    grant: { ...allowed, scopes: ['openid', 'email'] },
    conditions: { consent: { mode: 'given', metadataHash: METADATA, atResources: [] } },
  })
  pass(HOUR)
  const first = await appSessionFor(ada, { grant: { ...trusted, scopes: ['openid'] } })
  pass(1)
  await appSessionFor(ada, { grant: { ...trusted, scopes: ['profile'] } })
  await evictDurableObject(userObject(ada))
  expect(await userObject(ada).connectedApps()).toEqual([
    {
      clientId: trusted.clientId,
      scopes: expect.arrayContaining(['openid', 'profile']),
      consented: [],
      granted: expect.arrayContaining([
        { scopes: ['openid'], resources: [] },
        { scopes: ['profile'], resources: [] },
      ]),
      since: first.createdAt,
      lastUsedAt: Date.now(),
      sessions: 2,
    },
    {
      clientId: allowed.clientId,
      scopes: ['openid', 'email'],
      consented: [],
      granted: [],
      since,
      lastUsedAt: since,
      sessions: 0,
    },
  ])
})
