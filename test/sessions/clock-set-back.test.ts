/**
 * The clock is set back by hours or days: people still sign in, one key signs and is published, and
 * nothing that was written while the clock was ahead is remembered for longer than it says.
 */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { performRow } from '../../src/outbox/perform'
import { sweepOutbox } from '../../src/outbox/sweep'
import { rotateSigningKeys } from '../../src/sessions/tokens/rotate-signing-keys'
import {
  keySet,
  publishedKeys,
  signingKey,
  verifyingKey,
} from '../../src/sessions/tokens/signing-keys'
import { rowsOf } from '../db/rows'
import { noting, outboxRow } from '../outbox/rows'
import { DAY, HOUR, MINUTE } from '../support/clock'
import { depsFor } from '../support/deps'
import { makeUser, signedInUser } from '../support/users'
import { session } from '../support/users-by-api'

const THEN = Date.UTC(2032, 5, 1)
/** How far the clock was ahead. */
const AHEAD = [
  ['an hour', HOUR],
  ['three days', 3 * DAY],
  ['a year', 365 * DAY],
] as const

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  await env.DB.prepare('DELETE FROM signing_keys').run()
  await env.DB.prepare('DELETE FROM outbox').run()
})
afterEach(() => {
  vi.useRealTimers()
})

const at = (ms: number) => {
  vi.setSystemTime(ms)
  return depsFor()
}
/** An isolate that remembers nothing. */
const fresh = () => depsFor({ env: { ...env } })
const kids = async (alg: string) =>
  (await rowsOf('SELECT kid FROM signing_keys WHERE alg = ?', alg)).map(({ kid }) => kid)

const ALGORITHMS = [
  // How long a key signs, and is published before and after that, in days.
  { alg: 'ES256', signs: 30, ahead: 3, after: 1 },
  { alg: 'RS256', signs: 90, ahead: 7, after: 90 },
] as const
const CASES = ALGORITHMS.flatMap((times) =>
  AHEAD.map(([span, clock]) => ({ ...times, span, clock })),
)

describe.each(CASES)('$alg keys after a clock that was ahead by $span', (given) => {
  const { alg, signs, ahead, after, clock } = given
  test('one key signs and is published, in a warm isolate and in a new one', async () => {
    const early = await signingKey(at(THEN + clock), alg)
    const warm = await signingKey(at(THEN), alg)
    expect(warm.kid).not.toBe(early.kid)
    for (const deps of [depsFor(), fresh(), fresh()]) {
      expect((await signingKey(deps, alg)).kid).toBe(warm.kid)
      expect((await publishedKeys(deps)).map(({ kid }) => kid)).toContain(warm.kid)
    }
    // However often it is asked for, and however many need it at once.
    await Promise.all(Array.from({ length: 5 }, () => signingKey(fresh(), alg)))
    await rotateSigningKeys(fresh())
    await rotateSigningKeys(fresh())
    expect((await kids(alg)).length).toBeLessThanOrEqual(2)
  })

  test('the next key is published in time, and none is kept for years', async () => {
    await signingKey(at(THEN + clock), alg)
    const { kid } = await signingKey(at(THEN), alg)
    const knownSince = new Map<string, number>()
    // Two keys follow, and both of the first are unlisted again.
    const days = 2 * signs + after + 10
    for (let day = 0; day < days; day++) {
      vi.setSystemTime(THEN + day * DAY)
      await rotateSigningKeys(fresh())
      const { published, signing } = await keySet(fresh())
      const now = signing.get(alg)?.kid
      for (const { kid: each = '' } of published) {
        if (!knownSince.has(each)) knownSince.set(each, day)
      }
      expect(now, `day ${day}`).toBeDefined()
      // A verifier that fetched the keys days ago knows the one that signs today.
      const known = knownSince.get(now ?? '') ?? Infinity
      if (day > ahead + 1 && now !== kid) expect(day - known).toBeGreaterThanOrEqual(ahead - 1)
      expect(published.filter((each) => each.alg === alg).length).toBeLessThanOrEqual(4)
    }
    const rows = await rowsOf<{ until: number }>(
      'SELECT published_until AS until FROM signing_keys WHERE alg = ?',
      alg,
    )
    for (const { until } of rows) {
      expect(until).toBeLessThan(Date.now() + (signs + after + ahead + 2) * DAY)
    }
    expect(await kids(alg)).not.toContain(kid)
  })
})

test('a warm isolate forgets a key that was retired while the clock was ahead', async () => {
  const deps = at(THEN + DAY)
  const { kid } = await signingKey(deps)
  expect(await verifyingKey(depsFor(), kid)).toMatchObject({ alg: 'ES256' })
  vi.setSystemTime(THEN)
  await env.DB.prepare('DELETE FROM signing_keys').run()
  expect(await verifyingKey(depsFor(), kid)).toBeUndefined()
})

test('an unknown key is looked for again, though the last search lies in the future', async () => {
  await signingKey(at(THEN + DAY))
  expect(await verifyingKey(depsFor(), 'unknown')).toBeUndefined()
  vi.setSystemTime(THEN)
  const { kid } = await signingKey(fresh())
  expect(await verifyingKey(depsFor(), kid)).toBeDefined()
})

describe('a session that was opened while the clock was ahead', () => {
  test('stays signed in and lasts no longer than a session does', async () => {
    vi.setSystemTime(THEN + 2 * DAY)
    const ada = await signedInUser()
    vi.setSystemTime(THEN)
    expect((await session(ada.token)).status).toBe(200)
    const object = env.USER_SESSIONS.getByName(ada.sessionId.slice(0, 22))
    const [listed] = await object.listSessions()
    expect(listed).toMatchObject({ createdAt: THEN, expiresAt: THEN + DAY, lastUsedAt: THEN })
    vi.setSystemTime(THEN + DAY + MINUTE)
    expect((await session(ada.token)).status).toBe(401)
  })

  test('is revoked with all others, and its activity of the day is recorded again', async () => {
    vi.setSystemTime(THEN + 365 * DAY)
    const ada = await signedInUser()
    vi.setSystemTime(THEN)
    const object = env.USER_SESSIONS.getByName(ada.sessionId.slice(0, 22))
    const nobody = { ip: null, country: null, userAgent: null }
    // Its token is signed by a key of next year, which is not trusted: the client asks for another.
    expect((await session(ada.token)).status).toBe(401)
    expect((await object.check(ada.sessionId, nobody)).isLive).toBe(true)
    const days = await runInDurableObject(object, (_, { storage }) =>
      storage.sql.exec<{ day: number }>('SELECT active_day AS day FROM state').toArray(),
    )
    expect(days).toEqual([{ day: Math.floor(THEN / DAY) }])
    vi.setSystemTime(THEN - HOUR)
    expect(await object.revokeSessions(null, 'revoked_by_admin', nobody, THEN - HOUR, MINUTE)).toBe(
      1,
    )
    expect(await object.listSessions()).toEqual([])
  })
})

test('rows of the outbox that a clock which was ahead has put off or claimed are done at once', async () => {
  vi.setSystemTime(THEN)
  const { subject } = await makeUser()
  const far = THEN + 365 * DAY
  const late = await outboxRow({ subject, next_attempt_at: far })
  const held = await outboxRow({ subject, next_attempt_at: THEN, leased_until: far })
  // These wait as they should.
  await outboxRow({ subject, next_attempt_at: THEN + 24 * HOUR })
  await outboxRow({ subject, next_attempt_at: THEN, leased_until: THEN + MINUTE })
  const { handlers, performed } = noting()
  expect(await sweepOutbox(depsFor(), handlers)).toMatchObject({ due: 2, done: 2 })
  expect(performed.toSorted()).toEqual([late, held].toSorted())
  const again = await outboxRow({ subject, next_attempt_at: far, leased_until: far })
  expect(await performRow(depsFor(), handlers, again)).toBe('done')
})
