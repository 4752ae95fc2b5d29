/**
 * D1 rows, by D1's own figures, at 20,000 users. What listing and counting reads: the same as at 1,300,
 * never a scan of users. What every endpoint reads and writes, with all that it sets in motion: exact, so
 * checked in (rows-budget.json). A change of it fails here until the table is made anew and read:
 *
 *   npx vitest run --project alone test/rows.test.ts -u && git diff test/rows-budget.json
 */
import { createMessageBatch } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, describe, expect, it, test, vi } from 'vitest'
import { tell } from '../bench/rows/story'
import { routes } from '../src/app'
import { consumeEvents } from '../src/audit/consume'
import { outboxHandlers } from '../src/background/outbox-handlers'
import type { EventMessage } from '../src/events'
import { sweepOutbox } from '../src/outbox/sweep'
import { register } from '../src/registration/register'
import { userCursorField } from '../src/user-search/user-cursor'
import { parseEmailAddress } from '../src/users/email-address'
import { DAY_MS, signedIn } from './audit/queued-events'
import { rowsOf } from './db/rows'
import { countingAsker } from './support/counted-rows'
import { depsFor } from './support/deps'
import {
  cost,
  FIGURES,
  LISTS,
  measure,
  type Measured,
  pageOf,
  SEARCHES,
} from './support/list-costs'
import { recordReads } from './support/recorded-reads'
import { seedUsers } from './support/seed-users'
import { makeUser, PASSWORD } from './support/users'

const USERS = 20_000
/** A bound for what hangs: it takes some seconds. */
const HANGS_MS = 60_000

const OF_APPS = 'asks memory and the user’s object: test/app-tokens/cost.test.ts'

/** Routes without a budget, and why. */
const WITHOUT: Record<string, string> = {
  'POST /setup': 'once in a service’s life',
  'DELETE /users/apps/{client_id}': 'asks the object alone; its events cost what others do',
  'GET /admin/users/export': 'reads every user: a chunk of it is among the figures',
  'POST /admin/signing-keys/retire': 'after a leak; and it revokes the walker’s own session',
  'GET /.well-known/openid-configuration': 'reads nothing',
  'GET /.well-known/oauth-authorization-server': 'reads nothing',
  'POST /oauth/token': OF_APPS,
  'POST /oauth/device': 'one row: test/app-sign-in/device-cost.test.ts',
  'POST /oauth/revoke': OF_APPS,
  'POST /oauth/introspect': OF_APPS,
  'GET /oauth/userinfo': OF_APPS,
  'POST /oauth/userinfo': OF_APPS,
  'POST /admin/outbox/{id}/retry': 'only for what died',
  'POST /admin/webhooks/{id}/test': 'calls out',
  'POST /admin/webhooks/{id}/deliveries/{delivery_id}/redeliver': 'calls out',
}

let few: Measured
let many: Measured
/** One seed for all tests here: it takes as long as they do. */
beforeAll(async () => {
  // The role map must not age while pages are measured.
  vi.useFakeTimers({ toFake: ['Date'] })
  await seedUsers(0, 1_300)
  // The roles' names are in memory from here on.
  await pageOf({ role: 'user' })
  few = await measure()
  await seedUsers(1_300, USERS)
  many = await measure()
  vi.useRealTimers()
}, HANGS_MS)

describe('lists, counts and figures', () => {
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
})

describe('the budget', () => {
  const budget: Record<string, { read: number; written: number }> = {}
  beforeAll(async () => {
    // Two events each, more than are counted for a page of the log.
    for (const [n, event] of ['user.registered', 'user.email_verified'].entries()) {
      await env.DB.prepare(
        `INSERT INTO audit_log (id, at, event, actor_id, target_id)
         SELECT printf('0000000%d-0000-7000-8000-%012x', ?1, id), 1, ?2, id, id FROM users`,
      )
        .bind(n, event)
        .run()
    }
    const client = countingAsker()
    const admin = { email: 'root@example.com', password: PASSWORD, full_name: 'Grace Hopper' }
    await client.call('POST', '/api/v1/setup', { token: env.SETUP_TOKEN, ...admin })
    const credentials = { username: admin.email, password: PASSWORD }
    const signIn = await client.call('POST', '/api/v1/auth/login', credentials)
    const { access_token: adminToken } = await signIn.json<{ access_token: string }>()
    await tell({
      client,
      tag: 'walker',
      adminToken,
      search: 'common',
      record: (name, { rows_read: read, rows_written: written }) => {
        budget[name] = { read, written }
      },
    })
  }, HANGS_MS)
  // The database is metered no longer.
  afterAll(() => void vi.restoreAllMocks())

  test('every endpoint reads and writes the rows of its budget at 20,000 users', async () => {
    const table = Object.entries(budget).map(
      ([name, { read, written }]) =>
        `  ${JSON.stringify(name)}: { "read": ${read}, "written": ${written} }`,
    )
    await expect(`{\n${table.join(',\n')}\n}\n`).toMatchFileSnapshot('rows-budget.json')
  })

  test('every route has a budget, or a reason why not', () => {
    const budgeted = Object.keys(budget).map((name) => name.split(/\?| \(/)[0])
    const without = routes
      .map(({ method, path }) => `${method.toUpperCase()} ${path.replace('/api/v1', '')}`)
      .filter((route) => !budgeted.includes(route))
    expect(without.sort()).toEqual(Object.keys(WITHOUT).sort())
  })
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
