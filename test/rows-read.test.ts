/**
 * What listing, counting, signing in and registering cost in D1 rows, by D1's own figures: the same at
 * 1,000 and at 20,000 users, never a scan of users, and within the budgets.
 */
import { createMessageBatch } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, test } from 'vitest'
import { registrationStats } from '../src/analytics/registration-stats'
import { signInStats } from '../src/analytics/sign-in-stats'
import { userStats } from '../src/analytics/user-stats'
import { consumeEvents } from '../src/audit/consume'
import { outboxHandlers } from '../src/background/outbox-handlers'
import type { Deps, Principal } from '../src/context'
import type { EventMessage } from '../src/events'
import { sweepOutbox } from '../src/outbox/sweep'
import { register } from '../src/registration/register'
import { ACCOUNT_STATUSES } from '../src/tables/users'
import { exportUsers } from '../src/user-admin/export-users'
import { listUsers, type UserQuery } from '../src/user-search/list-users'
import { userCursorField } from '../src/user-search/user-cursor'
import { parseEmailAddress } from '../src/users/email-address'
import { DAY_MS, signedIn } from './audit/queued-events'
import { rowsOf } from './db/rows'
import { stopClock } from './support/clock'
import { depsFor } from './support/deps'
import { recordReads } from './support/recorded-reads'
import { seedUsers } from './support/seed-users'
import { makeUser, PASSWORD } from './support/users'

const NO_FILTER: UserQuery = { statuses: ACCOUNT_STATUSES, sort: 'newest', page: 1, size: 20 }
const only = (...statuses: UserQuery['statuses']) => ({ statuses })

/** Every kind of page there is; those with a rare filter find at least one page at either size. */
const LISTS: Record<string, Partial<UserQuery>> = {
  'the newest': {},
  'the oldest': { sort: 'oldest' },
  'by address': { sort: 'email' },
  'by name': { sort: 'name' },
  'a later page': { page: 5 },
  'a later page by name': { sort: 'name', page: 5 },
  'a common status': only('active'),
  'a rare status': only('deactivated'),
  'two statuses': only('pending', 'deactivated'),
  'a rare status by address': { ...only('deactivated'), sort: 'email' },
  'a rare status by name': { ...only('deactivated'), sort: 'name' },
  'a common role': { role: 'user' },
  'a common role by name': { role: 'user', sort: 'name' },
  'a rare role': { role: 'moderator' },
  'a rare role by address': { role: 'moderator', sort: 'email' },
  'a rare role by name': { role: 'moderator', sort: 'name' },
  'a rare role with a common status': { role: 'moderator', ...only('active') },
  'a rare role with a rare status': { role: 'moderator', ...only('deactivated') },
  'a rare role with a rare status by name': {
    role: 'moderator',
    ...only('deactivated'),
    sort: 'name',
  },
}
const SEARCHES: Record<string, Partial<UserQuery>> = {
  'a common text': { search: 'example.com' },
  'a text that is nowhere': { search: 'nobody at all' },
  'a common beginning': { search: 'na' },
  'a rare status inside a common text': { search: 'example.com', ...only('deactivated') },
  'a rare role inside a common text': { search: 'example.com', role: 'moderator' },
  'a rare status inside a common beginning': { search: 'p', ...only('deactivated') },
  'both inside two common texts': {
    search: 'name example',
    role: 'moderator',
    ...only('deactivated'),
  },
}

/** A bound for what hangs: it takes some seconds. */
const HANGS_MS = 60_000

async function cost(work: (deps: Deps) => Promise<unknown>) {
  const deps = depsFor()
  await work(deps)
  return deps.meter
}

const pageOf = (query: Partial<UserQuery>, deps = depsFor()) =>
  listUsers(deps, { ...NO_FILTER, ...query })

/** Rows read for the first page and, by the cursor, for the second. */
async function pagesRead(query: Partial<UserQuery>) {
  const deps = depsFor()
  const { next_cursor: next, items } = await pageOf(query, deps)
  const first = deps.meter.rowsRead
  if (next === null) return { items: items.length, first, second: 0 }
  const cursor = userCursorField.parse(next)
  const { rowsRead: second } = await cost((each) => pageOf({ ...query, page: 1, cursor }, each))
  return { items: items.length, first, second }
}

const FIGURES: Record<string, (deps: Deps) => Promise<unknown>> = {
  'the figures': userStats,
  'the sign-ins of a year': (deps) => signInStats(deps, 366),
  'the registrations of a year': (deps) => registrationStats(deps, 366),
  'a chunk of the export': async (deps) => {
    const reader = (await exportUsers(deps, { subject: 'nobody' } as Principal, 'csv')).getReader()
    await reader.read()
    await reader.cancel()
  },
}

async function measure() {
  const pages: Record<string, Awaited<ReturnType<typeof pagesRead>>> = {}
  for (const [name, query] of Object.entries({ ...LISTS, ...SEARCHES })) {
    pages[name] = await pagesRead(query)
  }
  const figures: Record<string, number> = {}
  for (const [name, work] of Object.entries(FIGURES)) figures[name] = (await cost(work)).rowsRead
  return { pages, figures }
}

type Measured = Awaited<ReturnType<typeof measure>>
// The role map must not age while pages are measured.
stopClock()

let few: Measured
let many: Measured
beforeAll(async () => {
  await seedUsers(0, 1_300)
  // The roles' names are in memory from here on.
  await pageOf({ role: 'user' })
  few = await measure()
  await seedUsers(1_300, 20_000)
  many = await measure()
}, HANGS_MS)

const within20Percent = (a: number, b: number) => Math.abs(a - b) <= 0.2 * Math.max(a, b)

describe('rows read are the same at 1,300 and at 20,000 users', () => {
  it.each(Object.keys({ ...LISTS, ...SEARCHES }))('for %s, and the page behind it', (name) => {
    const [small, large] = [few.pages[name], many.pages[name]]
    if (!small || !large) throw new Error('not measured')
    expect(within20Percent(small.first, large.first), `${small.first}, ${large.first}`).toBe(true)
    expect(within20Percent(small.second, large.second), `${small.second}, ${large.second}`).toBe(
      true,
    )
  })

  it.each(Object.keys(FIGURES))('for %s', (name) => {
    const [small, large] = [few.figures[name] ?? -1, many.figures[name] ?? -1]
    expect(within20Percent(small, large), `${small}, ${large}`).toBe(true)
  })
})

describe('a page of a list costs at most three rows an item, its total included', () => {
  it.each(Object.entries(LISTS).filter(([, query]) => (query.page ?? 1) === 1))('%s', (name) => {
    const page = many.pages[name]
    if (!page) throw new Error('not measured')
    expect(page.first).toBeLessThanOrEqual(3 * Math.max(page.items, 5))
    expect(page.second).toBeLessThanOrEqual(3 * 20)
  })

  it('and of a search, no more than is counted besides, and that only once', () => {
    for (const name of Object.keys(SEARCHES)) {
      const page = many.pages[name]
      if (!page) throw new Error('not measured')
      expect(page.first, name).toBeLessThanOrEqual(3 * 20 + 1001)
      expect(page.second, name).toBeLessThanOrEqual(3 * 20)
    }
  })
})

test('no list, count or figure scans users', async () => {
  const recording = recordReads(env)
  for (const query of Object.values({ ...LISTS, ...SEARCHES })) {
    const page = await pageOf(query, depsFor({ env: recording.env }))
    if (page.next_cursor === null) continue
    const cursor = userCursorField.parse(page.next_cursor)
    await pageOf({ ...query, page: 1, cursor }, depsFor({ env: recording.env }))
  }
  for (const work of Object.values(FIGURES)) await work(depsFor({ env: recording.env }))
  expect(recording.queries.length).toBeGreaterThan(80)
  for (const { sql, params } of recording.queries) {
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...params)
      .all<{ detail: string }>()
    const scans = results.map(({ detail }) => detail).filter((step) => /^SCAN\b/.test(step))
    for (const step of scans) {
      // What a query made itself, the search index by its own plan or from a row on, as much of the outbox as is told,
      // and a row a job.
      expect(step, sql).toMatch(
        /^SCAN (page|\(subquery-\d+\)|users_search VIRTUAL TABLE INDEX \d+:(M|=|<|>)|CONSTANT ROW|outbox USING INDEX|job_runs)/,
      )
    }
    // Nothing is sorted but the part of a page that shares the name of the last one shown.
    const steps = results.map(({ detail }) => detail).join('; ')
    expect(steps.replace(/SCAN \(subquery-\d+\); USE TEMP B-TREE/, ''), sql).not.toMatch(/B-TREE/)
  }
})

describe('rows written', () => {
  test('a registration: at most 25, until its mail is out of the outbox', async () => {
    const email = parseEmailAddress('ada@example.org')
    if (!email) throw new Error('no address')
    const registration = { email, password: PASSWORD, fullName: 'Ada Lovelace' }
    await register(depsFor(), {
      ...registration,
      email: { email: 'bob@example.org', key: 'bob@example.org' },
    })
    await sweepOutbox(depsFor(), outboxHandlers)
    const registered = await cost((deps) => register(deps, registration))
    const swept = await cost((deps) => sweepOutbox(deps, outboxHandlers))
    expect(registered.rowsWritten + swept.rowsWritten).toBeLessThanOrEqual(25)
    const [row] = await rowsOf('SELECT count(*) AS n FROM outbox')
    expect(row).toEqual({ n: 0 })
  })

  test('a sign-in: at most 15, the first of a day too', async () => {
    const { subject } = await makeUser()
    const now = Date.now()
    await consume(signedIn(subject, now - 2 * DAY_MS))
    const nextDay = await consume(signedIn(subject, now))
    const again = await consume(signedIn(subject, now + 1))
    expect(nextDay.rowsWritten).toBeLessThanOrEqual(15)
    expect(again.rowsWritten).toBeLessThan(nextDay.rowsWritten)
  })
})

function consume(event: EventMessage) {
  const message = { id: 'one', timestamp: new Date(), attempts: 1, body: event }
  const batch = createMessageBatch('gatehouse-events', [message])
  return cost((deps) => consumeEvents(deps, batch as MessageBatch<EventMessage>))
}
