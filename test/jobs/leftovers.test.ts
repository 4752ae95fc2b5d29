/** What an erasure leaves to the night: the search index's pages, failed emails, dead-lettered events. */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import worker from '../../src/index'
import { addressedMail } from '../../src/mail/messages'
import { purgeFailed } from '../../src/outbox/purge-failed'
import { sweepOutbox } from '../../src/outbox/sweep'
import { purgeUnverified } from '../../src/registration/purge-unverified'
import { mergeSearchIndex } from '../../src/user-search/merge-search-index'
import { DAY } from '../support/clock'
import { cronOf, NIGHTLY, runNight } from '../support/crons'
import { depsFor } from '../support/deps'
import { loseWakeUps } from '../support/outbox'
import { seedUsers } from '../support/seed-users'
import { makeUser, type SignedInUser, staff } from '../support/users'
import { wrapEnv } from '../support/wrapped-env'

let root: SignedInUser
beforeAll(async () => {
  loseWakeUps()
  root = await staff('admin')
})

const all = async <T>(sql: string, ...values: unknown[]): Promise<T[]> =>
  (
    await env.DB.prepare(sql)
      .bind(...values)
      .all<T>()
  ).results

describe('the search index', () => {
  /** What stands in its pages, apart from how they are numbered; 1 and 10 are its summary. */
  const pages = async (): Promise<string[]> =>
    (
      await all<{ text: string }>('SELECT hex(block) AS text FROM users_search_data WHERE id > 10')
    ).map(({ text }) => text)
  const trigramsIn = async (text: string): Promise<string[]> => {
    const bytes = (await pages()).join()
    const trigrams = Array.from({ length: text.length - 2 }, (_, i) => text.slice(i, i + 3))
    return trigrams.filter((each) =>
      bytes.includes(new TextEncoder().encode(each).toHex().toUpperCase()),
    )
  }
  const mergeAll = () =>
    env.DB.prepare("INSERT INTO users_search (users_search, rank) VALUES ('merge', -1000)").run()
  const LOCAL = 'qzjxkvwq'
  const zeb = () =>
    makeUser({ email: `${LOCAL}-${crypto.randomUUID()}@traces.example`, fullName: 'Xq Vyzzk' })

  beforeEach(async () => {
    for (let i = 0; i < 5; i++) await makeUser()
    await mergeAll()
  })

  test('is as if an erased user had never been in it, once it has been merged', async () => {
    const before = await pages()
    const { id } = await zeb()
    expect(await trigramsIn(LOCAL)).not.toEqual([])
    expect((await root.asks('DELETE', `/admin/users/${id}`)).status).toBe(202)
    // Why the job exists: no search finds the user any more, yet the index still holds their text.
    expect(await trigramsIn(LOCAL)).not.toEqual([])
    expect(await mergeSearchIndex(depsFor())).toEqual({ steps: 1, left: 0 })
    expect(await trigramsIn(LOCAL)).toEqual([])
    expect(await pages()).toEqual(before)
  })

  test('loses an address or a name that was changed, and finds everybody as before', async () => {
    const [changed, other] = [await zeb(), await makeUser({ fullName: 'Quite Unusual' })]
    await root.asks('PATCH', `/admin/users/${changed.id}`, {
      email: 'plain@example.com',
      full_name: 'Plain Name',
    })
    await mergeSearchIndex(depsFor())
    expect(await trigramsIn(LOCAL)).toEqual([])
    const found = async (search: string) =>
      (await root.asks('GET', `/admin/users?search=${search}`)).body.items.map(
        (user: { id: number }) => user.id,
      )
    expect(await found('plain@')).toEqual([changed.id])
    expect(await found('unusual')).toEqual([other.id])
    expect(await found(LOCAL)).toEqual([])
  })

  test('of which nothing was taken is not written at all', async () => {
    const before = await pages()
    await makeUser()
    const now = await pages()
    expect(now).not.toEqual(before)
    expect(await mergeSearchIndex(depsFor())).toEqual({ steps: 0, left: 0 })
    expect(await pages()).toEqual(now)
  })

  test('that is too large for one run is merged by the next ones, whatever is written between', async () => {
    await seedUsers(1000, 3000)
    await mergeAll()
    const { id } = await zeb()
    await root.asks('DELETE', `/admin/users/${id}`)
    const runs = []
    do {
      runs.push(await mergeSearchIndex(depsFor(), { pages: 10, most: 2 }))
      await makeUser()
    } while (runs.at(-1)?.left === 1 && runs.length < 50)
    expect(runs[0]).toEqual({ steps: 2, left: 1 })
    expect(runs.at(-1)?.left).toBe(0)
    expect(await trigramsIn(LOCAL)).toEqual([])
  })

  test('is merged every day, after everything that erases', async () => {
    expect(NIGHTLY.at(-1)).toBe(cronOf('merge_search_index'))
    const { id } = await zeb()
    await root.asks('DELETE', `/admin/users/${id}`)
    await runNight(depsFor())
    expect(await trigramsIn(LOCAL)).toEqual([])
    const [run] = await all<{ counts: string }>(
      "SELECT counts FROM job_runs WHERE job = 'merge_search_index'",
    )
    expect(JSON.parse(run?.counts ?? '')).toEqual({ steps: 1, left: 0 })
  })
})

describe('a farewell that nobody could deliver', () => {
  const REFUSED = wrapEnv(env, ({ name }, go) =>
    name === 'EMAIL.send'
      ? Promise.reject(Object.assign(new Error('no'), { code: 'E_RECIPIENT_SUPPRESSED' }))
      : go(),
  )
  const deadOnes = () => all<{ id: string }>('SELECT id FROM outbox WHERE dead_at IS NOT NULL')
  beforeEach(() => env.DB.prepare('DELETE FROM outbox').run())

  test('dies with its address, and goes with it 30 days later', async () => {
    const gone = await makeUser()
    await root.asks('DELETE', `/admin/users/${gone.id}`)
    await sweepOutbox(depsFor({ env: REFUSED }), outboxHandlers)
    const [dead] = await deadOnes()
    expect(dead).toBeDefined()
    const now = Date.now()
    expect(await purgeFailed(depsFor({ now: now + 29 * DAY }))).toEqual({ mails: 0, parked: 0 })
    expect(await deadOnes()).toEqual([dead])
    expect(await purgeFailed(depsFor({ now: now + 31 * DAY }))).toEqual({ mails: 1, parked: 0 })
    expect(await deadOnes()).toEqual([])
  })

  test('is not forgotten while it lives, and no other effect ever is', async () => {
    const entry = await addressedMail(depsFor(), 'account-erased', {
      email: 'ada@example.com',
      language: 'en',
    })
    const insert = 'INSERT INTO outbox (id, kind, payload, next_attempt_at, dead_at, created_at)'
    await env.DB.batch([
      env.DB.prepare(`${insert} VALUES (?, 'mail', ?, 0, NULL, 0)`).bind(
        entry.id,
        JSON.stringify(entry.payload),
      ),
      env.DB.prepare(`${insert} VALUES (?, 'unheard-of', '{}', 0, 1, 0)`).bind('u'.repeat(22)),
    ])
    expect(await purgeFailed(depsFor())).toEqual({ mails: 0, parked: 0 })
    expect(await all('SELECT 1 FROM outbox')).toHaveLength(2)
  })
})

describe('an event that cannot be written', () => {
  const parked = () => all<{ id: string; message: string }>('SELECT id, message FROM parked_events')
  async function park(...bodies: unknown[]) {
    const messages = bodies.map((body, i) => ({
      id: `m${i}`,
      timestamp: new Date(),
      attempts: 6,
      body,
    }))
    const batch = createMessageBatch('gatehouse-events-dead', messages)
    const ctx = createExecutionContext()
    await worker.queue(batch as never, env, ctx)
    return (await getQueueResult(batch, ctx)).explicitAcks
  }
  const queuedEvent = (subject: string | null) => ({
    event: 'user.active',
    subject,
    ip: '192.0.2.7',
    data: 'broken',
  })
  beforeEach(() => env.DB.prepare('DELETE FROM parked_events').run())

  test('is dead-lettered, unless its user is gone', async () => {
    const [there, gone] = [await makeUser(), await makeUser()]
    await root.asks('DELETE', `/admin/users/${gone.id}`)
    const acks = await park(
      queuedEvent(there.subject),
      queuedEvent(gone.subject),
      queuedEvent(null),
      'no event at all',
    )
    expect(acks).toEqual(['m0', 'm1', 'm2', 'm3'])
    expect((await parked()).map(({ id }) => id)).toEqual(['m0', 'm2', 'm3'])
    expect(JSON.stringify(await parked())).not.toContain(gone.subject)
  })

  test('is deleted with its user, whether they are erased or purged as unverified', async () => {
    const [erased, unverified] = [await makeUser(), await makeUser({ status: 'pending' })]
    await park(queuedEvent(erased.subject), queuedEvent(unverified.subject), 'no event at all')
    await root.asks('DELETE', `/admin/users/${erased.id}`)
    expect((await parked()).map(({ id }) => id)).toEqual(['m1', 'm2'])
    await purgeUnverified(depsFor({ now: Date.now() + 31 * DAY }))
    expect((await parked()).map(({ id }) => id)).toEqual(['m2'])
  })

  test('is kept no longer than the log would keep it', async () => {
    await park(queuedEvent(null))
    const days = depsFor().config.AUDIT_SIGN_IN_DAYS
    expect((await purgeFailed(depsFor({ now: Date.now() + (days - 1) * DAY }))).parked).toBe(0)
    expect((await purgeFailed(depsFor({ now: Date.now() + (days + 1) * DAY }))).parked).toBe(1)
    expect(await parked()).toEqual([])
  })
})
