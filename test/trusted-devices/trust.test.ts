/** Trusted browsers: they skip the second step of a sign-in, and nothing else. */
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { signToken, verifyToken } from '../../src/crypto/signed-token'
import { call, said } from '../support/api'
import { DAY, HOUR, MINUTE, pass, stopClock } from '../support/clock'
import { depsFor } from '../support/deps'
import { eventsOf, holdEvents, watchQueues } from '../support/queues'
import { challengeOf, freshCode, ok, userWithSecondFactor, verify } from '../support/second-factor'
import { under } from '../support/under'
import { PASSWORD, signedInUser } from '../support/users'
import { postSignIn, session } from '../support/users-by-api'
import {
  inObject,
  listOf,
  outcome,
  signInWith,
  trustBrowser,
  userWithTrustedBrowser,
} from './devices'

stopClock()
watchQueues()
beforeAll(holdEvents)

const { TOKEN_KEYS } = depsFor().config
const trustEvents = async (subject: string) =>
  (await eventsOf(subject)).filter(({ event }) => event.startsWith('auth.device_'))

describe('a browser', () => {
  test('is trusted only if asked for, and then skips the second step', async () => {
    const ada = await userWithSecondFactor()
    const plain = ok(await verify(await challengeOf(ada), { code: await freshCode(ada) }))
    expect(plain.body.device_token).toBeUndefined()
    expect(await listOf(ada)).toEqual([])
    const token = await trustBrowser(ada)
    const skipped = await signInWith(ada, token)
    expect(outcome(skipped)).toBe('signed in')
    expect(outcome(await postSignIn(ada))).toBe('asked')
  })

  test('gets another token at each use, until its trust expires at the time it was told', async () => {
    const ada = await userWithTrustedBrowser()
    let token = ada.deviceToken
    const seen = new Set([token])
    for (let n = 0; n < 5; n++) {
      pass(5 * DAY)
      const { body } = ok(await signInWith(ada, token))
      token = body.device_token
      expect(seen.has(token)).toBe(false)
      seen.add(token)
    }
    pass(5 * DAY - HOUR)
    const last = ok(await signInWith(ada, token))
    expect(outcome(last)).toBe('signed in')
    pass(HOUR)
    expect(outcome(await signInWith(ada, last.body.device_token))).toBe('asked')
  })

  test('opens a session of strength 1, whose method says so', async () => {
    const ada = await userWithTrustedBrowser()
    await eventsOf(ada.subject)
    ok(await signInWith(ada, ada.deviceToken))
    const signedIn = (await eventsOf(ada.subject)).find(({ event }) => event === 'auth.signed_in')
    expect(signedIn?.data).toMatchObject({ method: 'trusted_device', amr: ['pwd'], strength: 1 })
  })

  test('never skips step-up: the session must give a code for sensitive actions', async () => {
    const ada = await userWithTrustedBrowser()
    const { access_token: token } = ok(await signInWith(ada, ada.deviceToken)).body
    const off = await call(
      'POST',
      '/api/v1/users/2fa/disable',
      { password: PASSWORD, device_token: ada.deviceToken },
      { token },
    )
    expect(off.status).toBe(422)
    const change = { password: PASSWORD, new_email: 'other@example.com' }
    const refused = await call('POST', '/api/v1/users/change-email', change, { token })
    expect([refused.status, refused.body.errors?.[0]?.field ?? refused.body.code]).toEqual([
      422,
      expect.stringMatching(/code|validation_failed/),
    ])
  })

  test('needs the right password all the same', async () => {
    const ada = await userWithTrustedBrowser()
    const wrong = await signInWith({ ...ada, password: 'Wrong-Horse-7' }, ada.deviceToken)
    expect(said(wrong)).toBe('401 invalid_credentials')
    // The token is not used up by that.
    expect(outcome(await signInWith(ada, ada.deviceToken))).toBe('signed in')
  })
})

describe('a token', () => {
  test('that was used before ends the trust, in every copy, and is recorded once', async () => {
    const ada = await userWithTrustedBrowser()
    const { device_token: next } = ok(await signInWith(ada, ada.deviceToken)).body
    await eventsOf(ada.subject)
    pass(MINUTE + 1)
    expect(outcome(await signInWith(ada, ada.deviceToken))).toBe('asked')
    expect(outcome(await signInWith(ada, next))).toBe('asked')
    expect(outcome(await signInWith(ada, ada.deviceToken))).toBe('asked')
    expect(await listOf(ada)).toEqual([])
    const events = await trustEvents(ada.subject)
    expect(events.map(({ data }) => data)).toEqual([
      { device_ids: [expect.any(String)], reason: 'reused' },
    ])
  })

  test('that was just replaced gets the same successor, for a minute', async () => {
    const ada = await userWithTrustedBrowser()
    await eventsOf(ada.subject)
    const first = ok(await signInWith(ada, ada.deviceToken)).body
    pass(MINUTE)
    const again = ok(await signInWith(ada, ada.deviceToken)).body
    expect(again.device_token).toBe(first.device_token)
    expect(again.session_id).not.toBe(first.session_id)
    expect((await session(first.access_token)).status).toBe(200)
    expect(await trustEvents(ada.subject)).toEqual([])
    // The repetition has not made the minute longer.
    pass(1)
    expect(outcome(await signInWith(ada, ada.deviceToken))).toBe('asked')
    expect(await listOf(ada)).toEqual([])
  })

  test('is not taken again once its successor was used, or without a grace', async () => {
    const [ada, eve] = [await userWithTrustedBrowser(), await userWithTrustedBrowser()]
    const { device_token: second } = ok(await signInWith(ada, ada.deviceToken)).body
    const { device_token: third } = ok(await signInWith(ada, second)).body
    await eventsOf(ada.subject)
    expect(outcome(await signInWith(ada, ada.deviceToken))).toBe('asked')
    expect(outcome(await signInWith(ada, third))).toBe('asked')
    const [ended] = await trustEvents(ada.subject)
    expect(ended?.data).toMatchObject({ reason: 'reused' })

    const api = under({ REFRESH_GRACE_SECONDS: '0' })
    const body = { username: eve.email, password: PASSWORD, device_token: eve.deviceToken }
    expect(outcome(await api.post('/api/v1/auth/login', body))).toBe('signed in')
    pass(1)
    expect(outcome(await api.post('/api/v1/auth/login', body))).toBe('asked')
    expect(await listOf(eve)).toEqual([])
  })

  test('used 50 times at once gets one successor, which is good', async () => {
    const ada = await userWithTrustedBrowser()
    await eventsOf(ada.subject)
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => signInWith(ada, ada.deviceToken)),
    )
    // The throttle may refuse some of the passwords.
    const outcomes = new Set(replies.map(outcome))
    expect(outcomes).toContain('signed in')
    expect(outcomes).not.toContain('asked')
    const won = replies.filter(({ body }) => body.access_token)
    const [next, ...others] = new Set(won.map(({ body }) => body.device_token as string))
    expect(others).toEqual([])
    expect(await trustEvents(ada.subject)).toEqual([])
    const trusted = (sql: SqlStorage) =>
      sql.exec('SELECT generation FROM trusted_devices').toArray()
    expect(await inObject(ada.subject, trusted)).toEqual([{ generation: 1 }])
    pass(20 * MINUTE)
    expect(outcome(await signInWith(ada, next ?? ''))).toBe('signed in')
  }, 30_000)

  test('used 50 times at once after its time ends the trust once', async () => {
    const ada = await userWithTrustedBrowser()
    const { device_token: next } = ok(await signInWith(ada, ada.deviceToken)).body
    await eventsOf(ada.subject)
    pass(20 * MINUTE)
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => signInWith(ada, ada.deviceToken)),
    )
    expect(replies.map(outcome)).not.toContain('signed in')
    expect(await listOf(ada)).toEqual([])
    expect(await trustEvents(ada.subject)).toHaveLength(1)
    pass(20 * MINUTE)
    expect(outcome(await signInWith(ada, next))).toBe('asked')
  }, 30_000)

  test('of another user is ignored, and stays good for its own', async () => {
    const [ada, eve] = [await userWithTrustedBrowser(), await userWithTrustedBrowser()]
    expect(outcome(await signInWith(ada, eve.deviceToken))).toBe('asked')
    expect(outcome(await signInWith(eve, eve.deviceToken))).toBe('signed in')
  })

  test('that is forged, of another kind or of an unknown browser is ignored', async () => {
    const ada = await userWithTrustedBrowser()
    const claims = await verifyToken(TOKEN_KEYS, 'device', ada.deviceToken)
    if (!claims) throw new Error('the token must be authentic')
    const { subject, did, n } = claims
    const [kind, payload, mac = ''] = ada.deviceToken.split('.')
    const forged = [
      `${kind}.${payload}.${mac.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))}`,
      await signToken(TOKEN_KEYS, 'device', { subject, did: 'x'.repeat(22), n }),
      await signToken(TOKEN_KEYS, 'refresh', { subject, sid: did, n }),
      await signToken(TOKEN_KEYS, 'undo', {
        subject,
        passkey: null,
        device: did,
        expires: Date.now() + DAY,
      }),
      'x',
      'device.e30.x',
    ]
    for (const token of forged) expect(outcome(await signInWith(ada, token)), token).toBe('asked')
    expect(outcome(await signInWith(ada, ada.deviceToken))).toBe('signed in')
  })

  test('of a generation that was never given ends the trust', async () => {
    const ada = await userWithTrustedBrowser()
    const claims = await verifyToken(TOKEN_KEYS, 'device', ada.deviceToken)
    if (!claims) throw new Error('the token must be authentic')
    const early = await signToken(TOKEN_KEYS, 'device', { ...claims, n: claims.n + 1 })
    expect(outcome(await signInWith(ada, early))).toBe('asked')
    expect(outcome(await signInWith(ada, ada.deviceToken))).toBe('asked')
  })
})

describe('limits', () => {
  test('at most 20 browsers are trusted; the least recently used goes', async () => {
    const ada = await userWithSecondFactor()
    const tokens: string[] = []
    for (let n = 0; n < 20; n++) tokens.push(await trustBrowser(ada))
    pass(MINUTE)
    // The oldest is used, so the second is the one that goes.
    const [oldest = '', second = '', third = ''] = tokens
    const { device_token: renewed } = ok(await signInWith(ada, oldest)).body
    await eventsOf(ada.subject)
    await trustBrowser(ada)
    expect(await listOf(ada)).toHaveLength(20)
    const events = await trustEvents(ada.subject)
    expect(events.map(({ data }) => data)).toContainEqual({
      device_ids: [expect.any(String)],
      reason: 'too_many',
    })
    expect(outcome(await signInWith(ada, second))).toBe('asked')
    expect(outcome(await signInWith(ada, renewed))).toBe('signed in')
    expect(outcome(await signInWith(ada, third))).toBe('signed in')
  }, 30_000)

  test('trust that was given while the clock was ahead lasts no longer than told', async () => {
    const ada = await userWithSecondFactor()
    const now = Date.now()
    pass(365 * DAY)
    const token = await trustBrowser(ada)
    vi.setSystemTime(now)
    const { device_token: next } = ok(await signInWith(ada, token)).body
    const [only] = await listOf(await freshSession(ada, next))
    expect(Date.parse(String(only?.expires_at))).toBeLessThanOrEqual(Date.now() + 30 * DAY)
    expect(Date.parse(String(only?.created_at))).toBeLessThanOrEqual(Date.now())
  })

  test('a role that demands two factors is never trusted, nor asked to be later', async () => {
    const api = under({ REQUIRE_2FA_ROLES: 'user' })
    const ada = await userWithTrustedBrowser()
    const body = { username: ada.email, password: PASSWORD, device_token: ada.deviceToken }
    const asked = await api.post('/api/v1/auth/login', body)
    expect(outcome(asked)).toBe('asked')
    const { challenge_token } = asked.body
    const factor = { challenge_token, code: await freshCode(ada), trust_device: true }
    const verified = ok(await api.post('/api/v1/auth/2fa/verify', factor))
    expect(verified.body.device_token).toBeUndefined()
    // The browser was not forgotten: without the role's demand it is trusted again.
    expect(outcome(await signInWith(ada, ada.deviceToken))).toBe('signed in')
  })

  test('TRUSTED_BROWSER_DAYS=0 ignores the tokens and the wish', async () => {
    const api = under({ TRUSTED_BROWSER_DAYS: '0' })
    const ada = await userWithTrustedBrowser()
    const body = { username: ada.email, password: PASSWORD, device_token: ada.deviceToken }
    const asked = await api.post('/api/v1/auth/login', body)
    expect(outcome(asked)).toBe('asked')
    const { challenge_token } = asked.body
    const factor = { challenge_token, code: await freshCode(ada), trust_device: true }
    expect(ok(await api.post('/api/v1/auth/2fa/verify', factor)).body.device_token).toBeUndefined()
  })

  test('TRUSTED_BROWSER_DAYS decides how long the trust lasts', async () => {
    const api = under({ TRUSTED_BROWSER_DAYS: '2' })
    const ada = await userWithSecondFactor()
    const challenge_token = await challengeOf(ada)
    const factor = { challenge_token, code: await freshCode(ada), trust_device: true }
    const { device_token } = ok(await api.post('/api/v1/auth/2fa/verify', factor)).body
    pass(2 * DAY)
    expect(outcome(await signInWith(ada, device_token))).toBe('asked')
  })

  test('without a second factor there is nothing to skip, and a token changes nothing', async () => {
    const ada = await signedInUser()
    const eve = await userWithTrustedBrowser()
    expect((await signInWith(ada, eve.deviceToken)).body.device_token).toBeUndefined()
  })
})

/** The session that was open before the clock jumped has expired. */
async function freshSession(
  ada: Awaited<ReturnType<typeof userWithSecondFactor>>,
  deviceToken: string,
) {
  const { access_token: token } = ok(await signInWith(ada, deviceToken)).body
  return {
    asks: (method: string, path: string) =>
      call(method, `/api/v1${path}`, undefined, { token: token as string }),
  }
}
