/** Sign-ins and registrations day by day: exact, by UTC days, with the days on which nothing was. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { activeStats } from '../../src/analytics/active-stats'
import { registrationStats } from '../../src/analytics/registration-stats'
import { signInStats } from '../../src/analytics/sign-in-stats'
import { snapshotActives } from '../../src/analytics/snapshot-actives'
import { deliver, queuedEvent, signedIn } from '../audit/queued-events'
import { rowsOf } from '../db/rows'
import { get } from '../support/api'
import { depsFor } from '../support/deps'
import { named } from '../support/named'
import { makeUser, signedInUser, staff } from '../support/users'
import { registerByApi } from '../support/users-by-api'

const DAY_MS = 86_400_000
const PATH = '/api/v1/admin/stats'
let years = 0
/** A midnight that no other test counts on. */
const freshMidnight = () => Date.UTC(2031, 4, 6) + ++years * 366 * DAY_MS
const dateOf = (at: number) => new Date(at).toISOString().slice(0, 10)

let token: string
beforeAll(async () => {
  token = (await staff('admin')).token
})

describe('sign-ins', () => {
  it('three on three days are three rows', async () => {
    const { subject } = await makeUser()
    const at = freshMidnight()
    for (const day of [0, 1, 2]) await deliver(signedIn(subject, at + day * DAY_MS + 77))
    const now = at + 2 * DAY_MS + 99
    expect(await signInStats(depsFor({ now }), 3)).toEqual(
      [0, 1, 2].map((day) => ({
        date: dateOf(at + day * DAY_MS),
        logins: 1,
        failures: 0,
        users: 1,
      })),
    )
  })

  it('are counted by UTC days, the days without any too, and nothing beyond the range', async () => {
    const [ada, bob] = [await makeUser(), await makeUser()]
    const at = freshMidnight()
    await deliver(
      signedIn(ada.subject, at - 1),
      signedIn(ada.subject, at),
      signedIn(ada.subject, at + DAY_MS - 1),
      signedIn(bob.subject, at + DAY_MS - 1),
      signedIn(bob.subject, at + 2 * DAY_MS),
      queuedEvent('auth.sign_in_failed', null, at + 5, {
        address: 'x',
        reason: 'invalid_credentials',
      }),
      queuedEvent('auth.sign_in_failed', null, at + 3 * DAY_MS, {
        address: 'x',
        reason: 'invalid_credentials',
      }),
    )
    expect(await signInStats(depsFor({ now: at + 2 * DAY_MS }), 3)).toEqual([
      { date: dateOf(at), logins: 3, failures: 1, users: 2 },
      { date: dateOf(at + DAY_MS), logins: 0, failures: 0, users: 0 },
      { date: dateOf(at + 2 * DAY_MS), logins: 1, failures: 0, users: 1 },
    ])
  })

  it('of a user who is erased stay in the count of their day', async () => {
    const { id, subject } = await makeUser()
    const at = freshMidnight()
    await deliver(signedIn(subject, at))
    await rowsOf('DELETE FROM users WHERE id = ?', id)
    expect(await signInStats(depsFor({ now: at }), 1)).toEqual([
      { date: dateOf(at), logins: 1, failures: 0, users: 1 },
    ])
  })
})

describe('registrations', () => {
  it('are counted as they happen, through the API too', async () => {
    const count = async () => (await registrationStats(depsFor(), 1))[0]?.registrations ?? -1
    const before = await count()
    const { id } = await registerByApi()
    await registerByApi()
    expect(await count()).toBe(before + 2)
    await rowsOf('DELETE FROM users WHERE id = ?', id)
    expect(await count()).toBe(before + 2)
  })

  it('of any kind count on their own day, in whatever order the days come', async () => {
    const at = freshMidnight()
    const hashed_password = 'x'.repeat(40)
    const on = async (day: number, more = {}) =>
      makeUser({ columns: { created_at: at + day * DAY_MS + 5, hashed_password, ...more } })
    for (const day of [1, 1, 3, 2, 3, 0, 4, 3]) await on(day)
    await on(1, { origin: 'imported' })
    await on(4, { origin: 'invited', hashed_password: null })
    await on(3, { email_verified_at: 1 })
    const found = await registrationStats(depsFor({ now: at + 5 * DAY_MS }), 6)
    expect(found).toEqual(
      [1, 3, 1, 4, 2, 0].map((registrations, day) => ({
        date: dateOf(at + day * DAY_MS),
        registrations,
      })),
    )
  })

  it('that are rolled back are not counted', async () => {
    const at = freshMidnight()
    const row = `('taken-back-xxxxxxxxxxx', 'tb@example.com', 'tb@example.com', 'Taken Back', '${'x'.repeat(40)}', 'registered', ${at}, ${at})`
    const insert = env.DB.prepare(
      `INSERT INTO users (subject, email, email_key, full_name, hashed_password, origin, created_at, updated_at) VALUES ${row}`,
    )
    await expect(env.DB.batch([insert, insert])).rejects.toThrow('UNIQUE')
    expect(await registrationStats(depsFor({ now: at }), 1)).toEqual([
      { date: dateOf(at), registrations: 0 },
    ])
  })
})

describe.each(['logins', 'registrations'])('GET /admin/stats/%s', (which) => {
  it('has thirty days unless told otherwise, up to a year, the last of them today', async () => {
    for (const [query, days] of [
      ['', 30],
      ['?days=1', 1],
      ['?days=7', 7],
      ['?days=366', 366],
    ] as const) {
      const reply = await get(`${PATH}/${which}${query}`, { token })
      expect(reply.status).toBe(200)
      expect(reply.body).toHaveLength(days)
      const dates = reply.body.map(({ date }: { date: string }) => date)
      expect(dates.at(-1)).toBe(dateOf(Date.now()))
      expect(dates).toEqual([...new Set(dates)].sort())
      expect(dates[0]).toBe(dateOf(Date.now() - (days - 1) * DAY_MS))
    }
  })

  it.each([
    ['0', 'days too_small'],
    ['367', 'days too_big'],
    ['-1', 'days invalid_format'],
    ['1.5', 'days invalid_format'],
    ['', 'days invalid_format'],
    ['all', 'days invalid_format'],
  ])('refuses days=%s', async (days, expected) => {
    const reply = await get(`${PATH}/${which}?days=${days}`, { token })
    expect(named(reply)).toEqual([expected])
  })

  it('is for those who may manage users', async () => {
    const user = await signedInUser()
    expect((await get(`${PATH}/${which}`, { token: user.token })).status).toBe(403)
    expect((await get(`${PATH}/${which}`)).status).toBe(401)
  })
})

describe('active users', () => {
  it('of past days stand as the daily job kept them, of today as it is; an uncounted day is unknown', async () => {
    const [ada, bob] = [await makeUser(), await makeUser()]
    const at = freshMidnight()
    await deliver(signedIn(ada.subject, at + 1), signedIn(bob.subject, at + 2))
    await snapshotActives(depsFor({ now: at + DAY_MS + 60_000 }))
    // Ada leaves the day of her last activity; what was kept of it stays.
    await deliver(signedIn(ada.subject, at + DAY_MS + 3))
    expect(await activeStats(depsFor({ now: at + DAY_MS + 99 }), 3)).toEqual([
      { date: dateOf(at - DAY_MS), daily: null, weekly: null, monthly: null },
      { date: dateOf(at), daily: 2, weekly: 2, monthly: 2 },
      { date: dateOf(at + DAY_MS), daily: 1, weekly: 2, monthly: 2 },
    ])
  })
})
