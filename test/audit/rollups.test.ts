/** What hangs on audit rows by triggers: counts, days, the session index; in any order, each event once. */
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { randomId } from '../../src/crypto/encoding'
import { sessionHash } from '../../src/crypto/session-hash'
import type { EventMessage } from '../../src/events'
import { rowsOf } from '../db/rows'
import { post } from '../support/api'
import { makeUser, signedInUser } from '../support/users'
import { session } from '../support/users-by-api'
import {
  DAY_MS,
  deliver,
  everything,
  queuedEvent,
  MIDNIGHT,
  sessionsEnded,
  signedIn,
} from './queued-events'

let years = 0
/** A midnight that no other test counts on. */
const freshMidnight = () => MIDNIGHT + ++years * 365 * DAY_MS
const dayOf = (at: number) => Math.floor(at / DAY_MS)
const signInCounts = async (userId: number) =>
  (
    await rowsOf(
      'SELECT login_count, last_login_at, last_active_day FROM users WHERE id = ?',
      userId,
    )
  )[0]
const dayRows = (at: number) =>
  rowsOf('SELECT logins, failures, users FROM daily_logins WHERE day = ?', dayOf(at))
const activeOn = async (at: number) =>
  (await rowsOf('SELECT users FROM active_days WHERE day = ?', dayOf(at)))[0]?.['users'] ?? 0
const sessionsOf = async (userId: number) =>
  (await rowsOf('SELECT id FROM user_sessions WHERE user_id = ? ORDER BY id', userId)).map(
    (row) => row['id'],
  )

describe('a sign-in', () => {
  it('counts for its user, for its day and for the actives, and lists its session', async () => {
    const { id, subject } = await makeUser()
    const at = freshMidnight() + 5000
    const sid = subject + randomId()
    await deliver(signedIn(subject, at, sid))
    expect(await signInCounts(id)).toEqual({
      login_count: 1,
      last_login_at: at,
      last_active_day: dayOf(at),
    })
    expect(await dayRows(at)).toEqual([{ logins: 1, failures: 0, users: 1 }])
    expect(await activeOn(at)).toBe(1)
    expect(await rowsOf('SELECT * FROM user_sessions WHERE user_id = ?', id)).toEqual([
      { id: sessionHash(sid), user_id: id, created_at: at, expires_at: at + DAY_MS },
    ])
  })

  it('of one user twice a day is two sign-ins of one user', async () => {
    const [ada, bob] = [await makeUser(), await makeUser()]
    const at = freshMidnight()
    const late = at + DAY_MS - 1
    await deliver(
      signedIn(ada.subject, at),
      signedIn(ada.subject, late),
      signedIn(bob.subject, late),
    )
    expect(await dayRows(at)).toEqual([{ logins: 3, failures: 0, users: 2 }])
    expect(await activeOn(at)).toBe(2)
  })

  it('on each of three days is three rows', async () => {
    const { id, subject } = await makeUser()
    const at = freshMidnight()
    for (const day of [0, 1, 2]) await deliver(signedIn(subject, at + day * DAY_MS))
    expect(
      await rowsOf(
        'SELECT day, logins, users FROM daily_logins WHERE day BETWEEN ?1 AND ?1 + 2',
        dayOf(at),
      ),
    ).toEqual([0, 1, 2].map((day) => ({ day: dayOf(at) + day, logins: 1, users: 1 })))
    expect(await signInCounts(id)).toMatchObject({ login_count: 3, last_login_at: at + 2 * DAY_MS })
    expect(await Promise.all([0, 1, 2].map((day) => activeOn(at + day * DAY_MS)))).toEqual([
      0, 0, 1,
    ])
  })

  it('that is delivered late counts, and does not set last_login_at back', async () => {
    const { id, subject } = await makeUser()
    const at = freshMidnight() + 3 * DAY_MS
    await deliver(signedIn(subject, at))
    await deliver(signedIn(subject, at - 2 * DAY_MS))
    expect(await signInCounts(id)).toEqual({
      login_count: 2,
      last_login_at: at,
      last_active_day: dayOf(at),
    })
    expect([await activeOn(at), await activeOn(at - 2 * DAY_MS)]).toEqual([1, 0])
    expect(await dayRows(at - 2 * DAY_MS)).toEqual([{ logins: 1, failures: 0, users: 1 }])
  })
})

describe('an activity', () => {
  it('moves its user to its day, and only ever forward', async () => {
    const { id, subject } = await makeUser()
    const at = freshMidnight()
    for (const day of [1, 3, 2])
      await deliver(queuedEvent('user.active', subject, at + day * DAY_MS, {}))
    expect(await signInCounts(id)).toMatchObject({ login_count: 0, last_active_day: dayOf(at) + 3 })
    const days = await Promise.all([1, 2, 3].map((day) => activeOn(at + day * DAY_MS)))
    expect(days).toEqual([0, 0, 1])
    await rowsOf('DELETE FROM users WHERE id = ?', id)
    expect(await activeOn(at + 3 * DAY_MS)).toBe(0)
  })

  it('that is forgotten leaves no day behind', async () => {
    const { id, subject } = await makeUser()
    const at = freshMidnight()
    await deliver(queuedEvent('user.active', subject, at, {}))
    await rowsOf('UPDATE users SET last_active_day = NULL WHERE id = ?', id)
    expect(await activeOn(at)).toBe(0)
    expect(await rowsOf('SELECT day FROM active_days WHERE day < 1000')).toEqual([])
  })
})

describe('the index of sessions', () => {
  it('loses the revoked sessions only', async () => {
    const { id, subject } = await makeUser()
    const at = freshMidnight()
    const sids = ['a', 'b', 'c'].map((name) => subject + name.repeat(22))
    await deliver(...sids.map((sid) => signedIn(subject, at, sid)))
    await deliver(sessionsEnded(subject, at + 1, ...sids.slice(0, 2), 'unknown'))
    expect(await sessionsOf(id)).toEqual(sids.slice(2).map(sessionHash))
  })

  it('never lists a session whose end was delivered before its beginning', async () => {
    const { id, subject } = await makeUser()
    const at = freshMidnight()
    const [ended = '', other = ''] = ['a', 'b'].map((name) => subject + name.repeat(22))
    // In the same millisecond too, where ids do not tell which came first.
    await deliver(sessionsEnded(subject, at, ended))
    await deliver(signedIn(subject, at, ended), signedIn(subject, at, other))
    await deliver(sessionsEnded(subject, at + 5000, other), signedIn(subject, at + 1, other))
    expect(await sessionsOf(id)).toEqual([])
    expect(await signInCounts(id)).toMatchObject({ login_count: 3 })
  })

  it('follows real sign-ins and sign-outs through the real queue', async () => {
    const ada = await signedInUser()
    await vi.waitUntil(async () => (await sessionsOf(ada.id)).length === 1, { timeout: 8000 })
    expect(await sessionsOf(ada.id)).toEqual([sessionHash(ada.sessionId)])
    expect((await signInCounts(ada.id))?.['login_count']).toBe(1)
    await post('/api/v1/auth/logout', undefined, { token: ada.token })
    expect((await session(ada.token)).status).toBe(401)
    await vi.waitUntil(async () => (await sessionsOf(ada.id)).length === 0, { timeout: 8000 })
  }, 20_000)
})

/** What one delivery costs in D1's own measure, which is what is billed. */
async function costOf(event: EventMessage, measure: 'rows_written' | 'rows_read') {
  const batch = vi.spyOn(env.DB, 'batch')
  await deliver(event)
  const results: D1Result[] = await batch.mock.results[0]?.value
  batch.mockRestore()
  return results.reduce((sum, { meta }) => sum + meta[measure], 0)
}

describe('the cost', () => {
  it('of a sign-in is 13 rows written at first, 14 on a new day, 9 on the same, none when told again', async () => {
    const { subject } = await makeUser()
    const at = freshMidnight()
    const events = [0, 1, DAY_MS].map((later) => signedIn(subject, at + later))
    const costs: number[] = []
    for (const event of [...events, ...events]) costs.push(await costOf(event, 'rows_written'))
    expect(costs).toEqual([13, 9, 14, 0, 0, 0])
  })

  it('does not grow with what is there already', async () => {
    const { subject } = await makeUser()
    const at = freshMidnight()
    await deliver(...Array.from({ length: 90 }, (_, n) => signedIn(subject, at + n)))
    expect(await costOf(signedIn(subject, at + 100), 'rows_read')).toBeLessThan(20)
  })
})

describe('any order and any repetition', () => {
  it('of the same events ends in the same state', async () => {
    const at = freshMidnight()
    const subjects = [await makeUser(), await makeUser(), await makeUser()].map(
      (user) => user.subject,
    )
    const step = fc.record({
      who: fc.constantFrom(...subjects),
      day: fc.integer({ min: 0, max: 3 }),
      what: fc.constantFrom('in', 'out', 'active'),
    })
    // The log refuses deletions; only a test that begins anew over and over may set that aside.
    await rowsOf('DROP TRIGGER audit_log_deleted')
    const clean = async () => {
      for (const table of [
        'user_sessions',
        'daily_login_users',
        'daily_logins',
        'active_days',
        'audit_log',
      ])
        await rowsOf(`DELETE FROM ${table}`)
      await rowsOf('UPDATE users SET login_count = 0, last_login_at = NULL, last_active_day = NULL')
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.infiniteStream(fc.nat()),
        async (steps, dice) => {
          const events = steps.flatMap(({ who, day, what }, n): EventMessage[] => {
            const when = at + day * DAY_MS + n
            const sid = who + randomId()
            if (what === 'active') return [queuedEvent('user.active', who, when, {})]
            const opened = signedIn(who, when, sid)
            return what === 'in' ? [opened] : [opened, sessionsEnded(who, when + 100, sid)]
          })
          await clean()
          await deliver(...events)
          const wanted = await everything()
          await clean()
          const mixed = [...events, ...events.filter(() => (dice.next().value ?? 0) % 3 === 0)]
            .map((event) => [dice.next().value ?? 0, event] as const)
            .sort(([a], [b]) => a - b)
            .map(([, event]) => event)
          for (let n = 0; n < mixed.length; n += 5) await deliver(...mixed.slice(n, n + 5))
          expect(await everything()).toEqual(wanted)
        },
      ),
      { numRuns: 15 },
    )
  })
})
