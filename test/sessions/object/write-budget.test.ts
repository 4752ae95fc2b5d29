/** Writes of one user are bounded: each leaves an audit row for 400 days. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { routes } from '../../../src/app'
import type { WriteKind } from '../../../src/context'
import { writeOf } from '../../../src/http/route'
import { pages } from '../../../src/pages/pages'
import { writeOf as writeOfPage } from '../../../src/pages/runtime/visitor'
import { WriteBudget } from '../../../src/sessions/object/write-budget'
import { rowsOf } from '../../db/rows'
import { signIn as signInOnPages, Visitor } from '../../pages/visitor'
import { call, get, post, said } from '../../support/api'
import { DAY, HOUR, MINUTE, pass, stopClock } from '../../support/clock'
import { makeUser, type SignedInUser, signIn, staff } from '../../support/users'

stopClock()

const write = (token: string, bio: string) =>
  call('PATCH', '/api/v1/users/profile', { bio }, { token })

const DEVICE = { ip: null, country: null, userAgent: null }

/** Checks as a route that writes does, until a refusal; how many went through. */
async function exhaust(
  { subject, sessionId }: SignedInUser,
  kind: WriteKind = 'own',
): Promise<number> {
  const object = env.USER_SESSIONS.getByName(subject)
  for (let count = 0; ; count++) {
    const result = await object.check(sessionId, DEVICE, kind)
    if (!result.isLive || result.retryAfter !== undefined) return count
  }
}

/** The budget alone, in the storage of an object that nobody uses. */
const withBudget = <T>(name: string, use: (make: () => WriteBudget) => T) =>
  runInDurableObject(env.USER_SESSIONS.getByName(name), (_, { storage }) =>
    use(() => new WriteBudget(storage.sql)),
  )

describe('a session', () => {
  it('writes 200 times in five minutes, and then hears when it may again', async () => {
    const bob = await staff()
    for (let n = 0; n < 2; n++) expect((await write(bob.token, `${n}`)).status).toBe(200)
    expect(await exhaust(bob)).toBe(198)
    const refused = await write(bob.token, 'x')
    expect(said(refused)).toBe('429 too_many_attempts')
    expect(refused.headers.get('retry-after')).toBe('300')
    pass(5 * MINUTE)
    expect((await write(bob.token, 'x')).status).toBe(200)
  })

  it('that is full still reads and signs out, and leaves other sessions theirs', async () => {
    const person = await makeUser()
    const [stolen, own] = [await signIn(person), await signIn(person)]
    expect(await exhaust(stolen)).toBe(200)
    expect((await get('/api/v1/users/profile', { token: stolen.token })).status).toBe(200)
    expect(said(await get('/api/v1/users/export', { token: stolen.token }))).toBe(
      '429 too_many_attempts',
    )
    expect((await write(own.token, 'mine')).status).toBe(200)
    expect((await post('/api/v1/auth/logout', undefined, { token: stolen.token })).status).toBe(204)
  })

  it('of staff writes more, as scripts do, and has a budget of its own for it', async () => {
    const root = await staff('admin')
    expect(await exhaust(root, 'staff')).toBe(1000)
    expect((await write(root.token, 'x')).status).toBe(200)
    for (const path of [`/admin/users/${root.id}`, `/admin/users/${root.id}/activity`]) {
      expect(said(await root.asks('GET', path))).toBe('429 too_many_attempts')
    }
    expect((await root.asks('GET', '/admin/stats')).status).toBe(200)
  })

  it('counts what is posted on the pages too', async () => {
    const person = await makeUser()
    const visitor = new Visitor()
    await signInOnPages(visitor, person)
    const [session] = await env.USER_SESSIONS.getByName(person.subject).listSessions()
    await exhaust({ ...person, sessionId: session?.sid ?? '' } as SignedInUser)
    const shown = await visitor.post('/account', { full_name: 'Bob' })
    expect([shown.status, shown.headers.get('retry-after')]).toEqual([429, '300'])
    expect((await visitor.open('/account')).status).toBe(200)
    expect((await visitor.post('/sign-out')).status).toBe(303)
  })

  it('counts the language switch, which goes on to set the cookie alone', async () => {
    const person = await makeUser()
    const visitor = new Visitor()
    await signInOnPages(visitor, person)
    const chosen = async (language: string) => {
      const shown = await visitor.post('/language', { language, next: '/account' })
      expect([shown.status, shown.to]).toEqual([303, '/account'])
      expect(visitor.cookies.get('gatehouse-language')).toBe(language)
      return rowsOf(
        `SELECT users.language, count(audit_log.id) AS changes FROM users
         LEFT JOIN audit_log ON target_id = users.id AND event = 'user.profile_updated' WHERE users.id = ?`,
        person.id,
      )
    }
    expect(await chosen('en')).toEqual([{ language: 'en', changes: 0 }])
    expect(await chosen('de')).toEqual([{ language: 'de', changes: 1 }])
    const [session] = await env.USER_SESSIONS.getByName(person.subject).listSessions()
    expect(await exhaust({ ...person, sessionId: session?.sid ?? '' } as SignedInUser)).toBe(198)
    expect(await chosen('en')).toEqual([{ language: 'de', changes: 1 }])
    pass(5 * MINUTE)
    expect(await chosen('en')).toEqual([{ language: 'en', changes: 2 }])
  })
})

it('every page that is posted to counts, but for the ways in and out and what stores nothing', () => {
  const uncounted = pages.filter(
    (page) => page.post && page.access !== 'anyone' && writeOfPage(page, 'POST') === undefined,
  )
  const IN_AND_OUT = [
    '/sign-out',
    '/sign-in',
    '/sign-in/passkey',
    '/sign-in/second-factor',
    '/sign-in/second-factor/passkey',
    // Whoever uses a mailed link is signed in by it.
    '/verify-email',
    '/verify-email/passkey',
    '/reset-password',
    '/accept-invitation',
    '/accept-invitation/passkey',
  ]
  // A cookie, and challenges that are signed tokens.
  const STORES_NOTHING = [
    '/account/passkeys/later',
    '/account/passkeys/options',
    '/account/step-up/passkey-options',
    '/sign-in/second-factor/passkey-options',
  ]
  const paths = uncounted.map(({ path }) => path)
  expect(paths.sort()).toEqual([...IN_AND_OUT, ...STORES_NOTHING].sort())
})

it('every route that changes something or is recorded counts', () => {
  const uncounted = routes.filter((route) => {
    const { access, method } = route
    // Apps write nothing of their own accord: what they end or renew was opened by a counted request.
    const isOfApps = access === 'app' || access === 'app_token'
    const isOpen = access === 'anyone' || access === 'own_token' || isOfApps
    return !isOpen && (method !== 'get' || route.isRecorded) && writeOf(route) === undefined
  })
  expect(uncounted).toEqual([])
  const recorded = routes.filter(({ isRecorded }) => isRecorded).map(({ path }) => path)
  expect(recorded.toSorted()).toEqual([
    '/api/v1/admin/audit',
    '/api/v1/admin/users/export',
    '/api/v1/admin/users/{id}',
    '/api/v1/admin/users/{id}/activity',
    '/api/v1/admin/users/{id}/passkeys',
    '/api/v1/admin/users/{id}/sessions',
    '/api/v1/users/export',
  ])
})

describe('the budget', () => {
  it('ends at 2,000 a day in one session, and at 800 in five minutes in all', async () => {
    await withBudget('writes-a-day', (make) => {
      const budget = make()
      let now = Date.now()
      const begun = now
      let written = 0
      for (; now < begun + DAY; now += 5 * MINUTE) {
        while (budget.count('1', 'own', now) === 0) written += 1
      }
      expect(written).toBe(2000)
      expect(budget.count('1', 'own', now)).toBe(0)
      let together = 0
      now += HOUR
      for (let session = 2; session < 10; session++) {
        while (budget.count(`${session}`, 'own', now) === 0) together += 1
      }
      expect(together).toBe(800)
      for (let n = 0; n < 1000; n++) expect(budget.count('1', 'staff', now)).toBe(0)
      expect(budget.count('1', 'staff', now)).toBe(300)
    })
  })

  it('outlives the object’s memory in every session, however they take turns', async () => {
    await withBudget('writes-in-turns', (make) => {
      const now = Date.now()
      const before = make()
      // Each tenth write is another session's.
      for (let n = 1; n <= 200; n++) before.count(n % 10 === 0 ? '2' : '1', 'own', now)
      const after = make()
      let left = 0
      while (after.count('1', 'own', now) === 0) left += 1
      expect(left).toBe(20)
    })
  })

  it('outlives the object’s memory, but for nine writes', async () => {
    await withBudget('writes-evicted', (make) => {
      const now = Date.now()
      const before = make()
      for (let n = 0; n < 199; n++) before.count('1', 'own', now)
      const after = make()
      let left = 0
      while (after.count('1', 'own', now) === 0) left += 1
      expect(left).toBe(10)
      after.dropExpired(now + DAY)
      expect(make().count('1', 'own', now + DAY)).toBe(0)
    })
  })
})
