/** The two who find due rows: the queue's consumer, by notifications, and the sweep of every minute, by the table. */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runCron } from '../../src/background/cron'
import { consumeOutbox } from '../../src/outbox/consume'
import { sweepOutbox } from '../../src/outbox/sweep'
import type { OutboxMessage } from '../../src/tables/outbox'
import { PARTITIONS } from '../../src/tables/outbox'
import { rowsOf } from '../db/rows'
import { depsFor } from '../support/deps'
import { makeUser } from '../support/users'
import { wrapEnv } from '../support/wrapped-env'
import { NOW, noting, outboxRow, stored } from './rows'

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(NOW)
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  await env.DB.prepare('DELETE FROM outbox').run()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const notifications = (...bodies: unknown[]) =>
  createMessageBatch(
    'gatehouse-outbox',
    bodies.map((body, n) => ({ id: `m${n}`, timestamp: NOW, attempts: 1, body })),
  ) as MessageBatch<OutboxMessage>

async function consumed(handlers: ReturnType<typeof noting>['handlers'], ...bodies: unknown[]) {
  const batch = notifications(...bodies)
  const ctx = createExecutionContext()
  await consumeOutbox(depsFor(), handlers, batch)
  return getQueueResult(batch, ctx)
}
const ACKNOWLEDGED = { ackAll: true, retryBatch: { retry: false }, retryMessages: [] }

describe('the consumer', () => {
  it('performs the rows it is notified of, and acknowledges', async () => {
    const { handlers, performed } = noting()
    const ids = [await outboxRow(), await outboxRow()]
    const others = await outboxRow()
    expect(await consumed(handlers, ...ids.map((id) => ({ id })))).toMatchObject(ACKNOWLEDGED)
    expect(performed.sort()).toEqual(ids.sort())
    expect(await stored(others)).toBeDefined()
  })

  it('acknowledges what fails too: the row says what it still needs, and the cron finds it', async () => {
    const { handlers } = noting(() => Promise.reject(new Error('no')))
    const id = await outboxRow()
    expect(await consumed(handlers, { id })).toMatchObject(ACKNOWLEDGED)
    expect(await stored(id)).toMatchObject({ attempts: 1, dead_at: null })
  })

  it('performs a row once, however often it is notified', async () => {
    const { handlers, performed } = noting(() => scheduler.wait(5))
    const id = await outboxRow()
    await consumed(handlers, { id }, { id }, { id })
    await consumed(handlers, { id })
    expect(performed).toEqual([id])
  })

  it('acknowledges messages of any shape, and they hold up no other', async () => {
    const failed = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { handlers, performed } = noting()
    const id = await outboxRow()
    const bodies = [null, undefined, 'x', {}, { id: 'gone' }, { id: {} }, { id }]
    expect(await consumed(handlers, ...bodies)).toMatchObject(ACKNOWLEDGED)
    expect(performed).toEqual([id])
    expect(failed).toHaveBeenCalledOnce()
  })

  it('acknowledges while D1 is away, says so, and nothing is lost', async () => {
    const failed = vi.spyOn(console, 'error').mockImplementation(() => {})
    const away = wrapEnv(env, (call, go) => {
      if (call.name.startsWith('DB.')) throw new Error('D1_ERROR: Network connection lost.')
      return go()
    })
    const { handlers, performed } = noting()
    const id = await outboxRow()
    const batch = notifications({ id })
    await consumeOutbox(depsFor({ env: away }), handlers, batch)
    const result = await getQueueResult(batch, createExecutionContext())
    expect(result).toMatchObject(ACKNOWLEDGED)
    expect(failed).toHaveBeenCalledWith(
      '{"event":"outbox_rows_left_to_cron","request_id":"test","count":1}',
    )
    await sweepOutbox(depsFor(), handlers)
    expect(performed).toEqual([id])
  })
})

describe('the sweep', () => {
  it('performs what is due and counts it', async () => {
    const { handlers, performed } = noting((row) => {
      if (row.payload !== '{}') throw new Error('no')
    })
    const due = [await outboxRow(), await outboxRow({ next_attempt_at: NOW - 1 })]
    const failing = await outboxRow({ payload: '{"fails":1}' })
    const dying = await outboxRow({ payload: '{"fails":1}', attempts: 2 })
    await outboxRow({ next_attempt_at: NOW + 1 })
    await outboxRow({ leased_until: NOW + 1 })
    await outboxRow({ dead_at: NOW - 1 })
    expect(await sweepOutbox(depsFor(), handlers)).toEqual({
      due: 4,
      done: 2,
      retry: 1,
      dead: 1,
      not_due: 0,
    })
    expect(performed.sort()).toEqual([...due, failing, dying].sort())
  })

  it('takes 200 rows at most, the longest due first, and few at once', async () => {
    const numbers = JSON.stringify(Array.from({ length: 230 }, (_, n) => n))
    await rowsOf(
      `INSERT INTO outbox (id, kind, payload, next_attempt_at, created_at)
       SELECT 'row-number-' || (10000000000 + value), 'note', '{}', ?2 - value, ?2 FROM json_each(?1)`,
      numbers,
      NOW,
    )
    let [now, most] = [0, 0]
    const { handlers, performed } = noting(async () => {
      now += 1
      most = Math.max(most, now)
      await Promise.resolve()
      now -= 1
    })
    expect(await sweepOutbox(depsFor(), handlers)).toMatchObject({ due: 200, done: 200 })
    const left = await rowsOf('SELECT next_attempt_at FROM outbox ORDER BY next_attempt_at')
    expect([left.at(0), left.at(-1)]).toEqual([
      { next_attempt_at: NOW - 29 },
      { next_attempt_at: NOW },
    ])
    expect(most).toBeLessThanOrEqual(6)
    expect(await sweepOutbox(depsFor(), handlers)).toMatchObject({ due: 30, done: 30 })
    expect(new Set(performed).size).toBe(230)
  })

  it('beside itself and the consumer does each row once', async () => {
    const ids: string[] = []
    for (let n = 0; n < 12; n++) ids.push(await outboxRow())
    const { handlers, performed } = noting(() => scheduler.wait(2))
    await Promise.all([
      sweepOutbox(depsFor(), handlers),
      sweepOutbox(depsFor(), handlers),
      consumed(handlers, ...ids.map((id) => ({ id }))),
    ])
    expect(performed.sort()).toEqual(ids.sort())
  })

  it('that takes long gives each row a whole lease from the instant of its claim', async () => {
    for (let n = 0; n < 12; n++) await outboxRow({ next_attempt_at: NOW - n })
    const leases: number[] = []
    const { handlers } = noting((row) => {
      leases.push((row.leasedUntil ?? 0) - Date.now())
      vi.setSystemTime(Date.now() + 30_000)
    })
    await sweepOutbox(depsFor(), handlers)
    expect(leases).toHaveLength(12)
    // At most six are under way at once, and the clock runs 30 s with each.
    expect(Math.min(...leases)).toBeGreaterThanOrEqual(120_000 - 6 * 30_000)
    expect(Date.now() - NOW).toBe(12 * 30_000)
  })

  it.each(['ours', 'webhooks'] as const)(
    'finds the due rows of a partition by an index, however many others have failed, wait or belong to the other partition: %s',
    async (partition) => {
      const { sql } = new SQLiteAsyncDialect().sqlToQuery(PARTITIONS[partition])
      const plan = await rowsOf(
        `EXPLAIN QUERY PLAN SELECT id FROM ${sql} AND next_attempt_at <= 1
         AND (leased_until IS NULL OR leased_until <= 1) ORDER BY next_attempt_at LIMIT 200`,
      )
      const index = { ours: 'outbox_due', webhooks: 'outbox_webhooks_due' }[partition]
      expect(plan.map((step) => step['detail'])).toEqual([
        `SEARCH outbox USING INDEX ${index} (next_attempt_at<?)`,
      ])
    },
  )

  it('is what the cron of every minute runs, with the product’s own handlers', async () => {
    const said = vi.spyOn(console, 'log').mockImplementation(() => {})
    const { subject } = await makeUser()
    const id = await outboxRow({ kind: 'sync-authority', subject })
    await runCron(depsFor(), '* * * * *')
    expect(await stored(id)).toBeUndefined()
    expect(said.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^\{"event":"job","request_id":"test","job":"sweep_outbox","due":1,"done":1,/,
        ),
      ],
    ])
  })
})
