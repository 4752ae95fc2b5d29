/** A code is redeemed once, by the app that it was issued to (RFC 6749, RFC 7636, RFC 9700). */
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { describe, expect, it, test } from 'vitest'
import type { CodeProof } from '../../../src/sessions/app-session-types'
import {
  alarmOf,
  appSessionFor,
  CHALLENGE,
  codeFor,
  codeProof,
  DEVICE,
  isLive,
  objectRows,
  OFFLINE_SECONDS,
  otherApp,
  redeem,
  userObject,
} from '../../support/app-sessions'
import { HOUR, MINUTE, pass, SECOND, stopClock } from '../../support/clock'
import { eventsOf, holdEvents, watchQueues } from '../../support/queues'
import { signedInUser } from '../../support/users'

stopClock()
watchQueues()
holdEvents()

const namesOf = async (subject: string) =>
  (await eventsOf(subject)).map(({ event }) => event).filter((name) => name.startsWith('app.'))

/** What a stranger, another app or a mistake would present. */
const WRONG: [string, Partial<CodeProof>][] = [
  ['client', { clientId: otherApp().clientId }],
  ['redirect URI', { redirectUri: 'https://client.example.org/other' }],
  ['verifier', { codeChallenge: CHALLENGE.replace('E', 'F') }],
  ['lack of a verifier', { codeChallenge: null }],
]

describe.each(WRONG)('a wrong %s', (_, wrong) => {
  it('does not spend the code', async () => {
    const ada = await signedInUser()
    const code = await codeFor(ada)
    expect(await redeem(ada, code, wrong)).toEqual({ status: 'invalid' })
    expect((await redeem(ada, code)).status).toBe('opened')
  })

  it('with a used code ends nothing and leaves no event', async () => {
    const ada = await signedInUser()
    const code = await codeFor(ada)
    const first = await redeem(ada, code)
    if (first.status !== 'opened') throw new Error('not opened')
    await namesOf(ada.subject)
    expect(await redeem(ada, code, wrong)).toEqual({ status: 'invalid' })
    expect(await isLive(ada, first.appSession)).toBe(true)
    expect(await namesOf(ada.subject)).toEqual([])
  })
})

test('a code without a challenge refuses a verifier, and stays unspent', async () => {
  const ada = await signedInUser()
  const code = await codeFor(ada, { binding: { codeChallenge: null } })
  expect(await redeem(ada, code)).toEqual({ status: 'invalid' })
  expect((await redeem(ada, code, { codeChallenge: null })).status).toBe('opened')
})

describe('a code', () => {
  it('can be redeemed for 60 seconds', async () => {
    const ada = await signedInUser()
    const [code, late] = [await codeFor(ada), await codeFor(ada)]
    pass(60 * SECOND - 1)
    expect((await redeem(ada, code)).status).toBe('opened')
    pass(1)
    expect(await redeem(ada, late)).toEqual({ status: 'invalid' })
  })

  it('that was made while the clock was ahead is void', async () => {
    const ada = await signedInUser()
    const at = Date.now()
    pass(HOUR)
    const code = await codeFor(ada)
    pass(at - Date.now())
    expect(await redeem(ada, code)).toEqual({ status: 'invalid' })
  })

  it('of another user does not exist', async () => {
    const [ada, bea] = [await signedInUser(), await signedInUser()]
    expect(await redeem(bea, await codeFor(ada))).toEqual({ status: 'invalid' })
  })

  it('survives that its object sleeps', async () => {
    const ada = await signedInUser()
    const code = await codeFor(ada)
    await evictDurableObject(userObject(ada))
    expect(await redeem(ada, code)).toMatchObject({
      status: 'opened',
      nonce: 'n-1',
      appSession: { scopes: ['openid'], claims: { userinfo: [], idToken: [] }, isOffline: false },
    })
  })

  it('is dropped by the alarm when it has expired', async () => {
    const ada = await signedInUser()
    await codeFor(ada)
    expect(await alarmOf(ada)).toBeLessThanOrEqual(Date.now() + 60 * SECOND)
    pass(60 * SECOND)
    await runDurableObjectAlarm(userObject(ada))
    expect(await objectRows(ada, 'codes')).toEqual([])
  })
})

describe('the session that it opens', () => {
  it('holds what was granted, ends with the browser’s session, and is recorded', async () => {
    const ada = await signedInUser()
    const grant = {
      ...otherApp(),
      scopes: ['openid', 'orders:read'],
      resources: ['https://api.example.org/a', 'https://api.example.org/b'],
      claims: { userinfo: ['email'], idToken: ['name'] },
    }
    const result = await redeem(ada, await codeFor(ada, { grant }), { clientId: grant.clientId })
    if (result.status !== 'opened') throw new Error('not opened')
    const [browser] = await userObject(ada).listSessions()
    expect(result.appSession).toEqual({
      ...grant,
      id: result.appSession.id,
      isOffline: false,
      generation: 0,
      createdAt: Date.now(),
      lastUsedAt: Date.now(),
      expiresAt: browser?.expiresAt,
      amr: ['pwd'],
      authTime: browser?.authTime,
    })
    expect(result.appSession.id).toMatch(/^[\w-]{22}$/)
    const event = (await eventsOf(ada.subject)).find(({ event: name }) => name === 'app.signed_in')
    expect(event?.data).toEqual({
      client_id: grant.clientId,
      app_session_id: result.appSession.id,
      scopes: grant.scopes,
      expires_at: browser?.expiresAt,
    })
  })

  it('lives for its own time if it is for offline use', async () => {
    const ada = await signedInUser()
    const { expiresAt } = await appSessionFor(ada, { grant: { isOffline: true } })
    expect(expiresAt).toBe(Date.now() + OFFLINE_SECONDS * SECOND)
  })

  it('does not name the browser’s session', async () => {
    const ada = await signedInUser()
    const result = await redeem(ada, await codeFor(ada))
    expect(JSON.stringify(result)).not.toContain(ada.sessionId)
  })
})

describe('a replay with everything right', () => {
  it('is refused, ends the app’s session, and is reported once', async () => {
    const ada = await signedInUser()
    const code = await codeFor(ada)
    const first = await redeem(ada, code)
    if (first.status !== 'opened') throw new Error('not opened')
    pass(9 * MINUTE)
    await runDurableObjectAlarm(userObject(ada))
    for (let n = 0; n < 3; n++) expect(await redeem(ada, code)).toEqual({ status: 'invalid' })
    expect(await isLive(ada, first.appSession)).toBe(false)
    const signedOut = ['app.signed_in', 'app.code_replayed', 'app.signed_out']
    expect(await namesOf(ada.subject)).toEqual(signedOut)
  })

  it('leaves the browser’s session and other sessions of the app alone', async () => {
    const ada = await signedInUser()
    const code = await codeFor(ada)
    await redeem(ada, code)
    const other = await appSessionFor(ada)
    await redeem(ada, code)
    expect(await isLive(ada, other)).toBe(true)
    expect((await userObject(ada).check(ada.sessionId, DEVICE)).isLive).toBe(true)
  })

  it('is still refused when the replay is no longer noticed', async () => {
    const ada = await signedInUser()
    const code = await codeFor(ada)
    await redeem(ada, code)
    pass(10 * MINUTE)
    await runDurableObjectAlarm(userObject(ada))
    expect(await objectRows(ada, 'codes')).toEqual([])
    expect(await redeem(ada, code)).toEqual({ status: 'invalid' })
  })
})

describe('a code opens nothing after the browser’s session has ended, not even for offline use', () => {
  it.each([false, true])('signed out (offline: %s)', async (isOffline) => {
    const ada = await signedInUser()
    const code = await codeFor(ada, { grant: { isOffline } })
    await userObject(ada).revokeSession(ada.sessionId, 'signed_out', DEVICE)
    expect(await redeem(ada, code)).toEqual({ status: 'invalid' })
  })

  it.each([false, true])('kept under changed credentials (offline: %s)', async (isOffline) => {
    const ada = await signedInUser()
    const code = await codeFor(ada, { grant: { isOffline } })
    expect((await ada.asks('DELETE', '/users/sessions')).status).toBe(204)
    expect((await userObject(ada).check(ada.sessionId, DEVICE)).isLive).toBe(true)
    expect(await redeem(ada, code)).toEqual({ status: 'invalid' })
  })
})

test('50 parallel redemptions open one session, and the replays among them end it', async () => {
  const ada = await signedInUser()
  const code = await codeFor(ada)
  const results = await Promise.all(Array.from({ length: 50 }, () => redeem(ada, code)))
  expect(results.filter(({ status }) => status === 'opened')).toHaveLength(1)
  expect(await objectRows(ada, 'app_sessions')).toEqual([])
  const events = await namesOf(ada.subject)
  expect(events).toEqual(['app.signed_in', 'app.code_replayed', 'app.signed_out'])
})

test('50 redemptions with a wrong verifier beside the right one end nothing', async () => {
  const ada = await signedInUser()
  const code = await codeFor(ada)
  const wrong = { codeChallenge: CHALLENGE.replace('E', 'F') }
  const results = await Promise.all(
    Array.from({ length: 51 }, (_, n) => redeem(ada, code, n === 25 ? {} : wrong)),
  )
  const opened = results.flatMap((result) => (result.status === 'opened' ? [result] : []))
  expect(opened).toHaveLength(1)
  for (const { appSession } of opened) expect(await isLive(ada, appSession)).toBe(true)
})

test('while its browser’s session is revoked, a code opens nothing that outlives it', async () => {
  for (let round = 0; round < 10; round++) {
    const ada = await signedInUser()
    const code = await codeFor(ada)
    const object = userObject(ada)
    const revoke = () => object.revokeSession(ada.sessionId, 'revoked', DEVICE)
    const redeemed = () => object.redeemCode(code, codeProof())
    const calls = round % 2 ? [redeemed(), revoke()] : [revoke(), redeemed()]
    await Promise.all(calls)
    expect(await objectRows(ada, 'app_sessions')).toEqual([])
  }
})
