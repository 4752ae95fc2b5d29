/**
 * The delivery hangs on the audit row: written in its transaction or not at all, at a known price, which
 * is nothing without endpoints. And the log of deliveries: pages, redelivery, retention.
 */
import { sql } from 'drizzle-orm'
import { describe, expect, it, test } from 'vitest'
import { consumeEvents } from '../../src/audit/consume'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import { commit } from '../../src/commit/commit'
import { runBatch } from '../../src/db/batch'
import { eventId } from '../../src/event-id'
import { sweepOutbox } from '../../src/outbox/sweep'
import { purgeWebhooks } from '../../src/webhooks/purge'
import { signedIn } from '../audit/queued-events'
import { rowsOf } from '../db/rows'
import { depsFor } from '../support/deps'
import { makeUser } from '../support/users'
import {
  ask,
  changeProfile,
  deliveriesOf,
  endpoint,
  makeDue,
  receivedBy,
  sweep,
  verified,
  withClerk,
} from './desk'

const DAY = 86_400_000

withClerk()

const someEvent = {
  event: 'user.profile_updated' as const,
  actor: null,
  target: null,
  data: { fields: [] },
}

describe('the delivery of an event', () => {
  it('is written with the event, one for each endpoint that chose it', async () => {
    const [a, b, c] = [
      await endpoint('ok'),
      await endpoint('ok', null),
      await endpoint('ok', ['user.erased']),
    ]
    await rowsOf('DELETE FROM webhook_deliveries')
    await rowsOf('DELETE FROM outbox')
    await commit(depsFor(), { change: [], audit: [someEvent] })
    const written = await rowsOf(
      'SELECT webhook_id, event, state, kind, next_attempt_at - outbox.created_at AS wait FROM webhook_deliveries JOIN outbox USING (id)',
    )
    expect(written.map(({ webhook_id }) => webhook_id).sort()).toEqual([a.id, b.id].sort())
    expect(written[0]).toMatchObject({
      event: 'user.profile_updated',
      state: 'pending',
      kind: 'webhook',
      wait: 0,
    })
    expect(await deliveriesOf(c)).toEqual([])
  })

  it('is not written where the change is refused, or fails', async () => {
    await endpoint('ok')
    const refused = commit(depsFor(), {
      preconditions: [{ name: 'never', holds: sql`0`, otherwise: 'forbidden' }],
      change: [],
      audit: [someEvent],
    })
    await expect(refused).rejects.toThrow()
    const failed = commit(depsFor(), {
      change: [],
      audit: [someEvent],
      outbox: [{ id: 'not 22 characters', kind: 'note', subject: null, payload: {} }],
    })
    await expect(failed).rejects.toThrow()
    expect(await rowsOf('SELECT 1 FROM webhook_deliveries UNION ALL SELECT 1 FROM outbox')).toEqual(
      [],
    )
  })

  it('is told of an event whose name is a part of a chosen one to nobody', async () => {
    const hook = await endpoint('ok', ['user.password_reset_requested'])
    await commit(depsFor(), {
      change: [],
      audit: [{ ...someEvent, event: 'user.password_reset', data: {} }],
    })
    expect(await deliveriesOf(hook)).toEqual([])
  })

  it('is made once for a batch of a hundred events that comes twice', async () => {
    const hook = await endpoint('ok', ['auth.signed_in'])
    const { subject } = await makeUser()
    const events = Array.from({ length: 100 }, () => signedIn(subject, Date.now()))
    const messages = events.map((body) => ({ body, ack: () => {}, retry: () => {} }))
    const batch = { messages, ackAll: () => {} } as never
    await consumeEvents(depsFor(), batch)
    await consumeEvents(depsFor(), batch)
    // A run takes fifty, the rest waits for the next.
    for (const due of [50, 50])
      expect(await sweep(Date.now() + 1000)).toMatchObject({ due, done: due })
    await sweep(Date.now() + 1000)
    // The clerk's own sign-in may be among them.
    const told = (await verified(hook)).map(({ data }) => data['id'])
    expect(told.length).toBe(new Set(told).size)
    expect(told).toEqual(expect.arrayContaining(events.map(({ id }) => id)))
  })
})

describe('the price in rows', () => {
  const insert = async () => {
    const deps = depsFor()
    const now = Date.now()
    await runBatch(deps, [
      sql`INSERT INTO audit_log (id, at, event, data) VALUES (${eventId(now)}, ${now}, 'user.active', '{}')`,
    ])
    return { read: deps.meter.rowsRead, written: deps.meter.rowsWritten }
  }

  test('without endpoints an event writes nothing more and reads one row at most', async () => {
    const before = await rowsOf<{ sql: string }>(
      "SELECT sql FROM sqlite_master WHERE name = 'audit_log_webhooks'",
    )
    const withTrigger = await insert()
    await rowsOf('DROP TRIGGER audit_log_webhooks')
    const without = await insert()
    await rowsOf(before[0]?.sql ?? '')
    expect(withTrigger.written).toBe(without.written)
    expect(withTrigger.read - without.read).toBeLessThanOrEqual(1)
  })

  test('each endpoint that chose it writes four rows at once and three by its delivery', async () => {
    const none = await insert()
    for (let n = 0; n < 3; n++) await endpoint('ok', ['user.active'])
    await endpoint('ok', ['user.erased'])
    const three = await insert()
    expect(three.written - none.written).toBe(3 * 4)
    const deps = depsFor({ now: Date.now() + 1000 })
    await sweepOutbox(deps, outboxHandlers, 'webhooks')
    expect(deps.meter.rowsWritten).toBe(3 * 3)
  })
})

describe('the log of an endpoint', () => {
  it('comes in pages, newest first, each of its own rows alone', async () => {
    const [hook, other] = [await endpoint('ok'), await endpoint('ok')]
    const now = Date.now()
    for (const { id } of [hook, other]) {
      await rowsOf(
        `INSERT INTO webhook_deliveries (id, webhook_id, event_id, event, created_at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
         SELECT printf('%011x', ?1 + i) || substr(lower(hex(randomblob(6))), 1, 11), ?2, 'e', 'user.erased', ?1 + i FROM n`,
        now,
        id,
      )
    }
    const seen: string[] = []
    let cursor = ''
    for (let page = 0; page < 3; page++) {
      const { body } = await ask('GET', `/${hook.id}/deliveries${cursor}`)
      expect(body).toMatchObject({ total: 120, total_is_exact: true, page: page + 1, pages: 3 })
      seen.push(...body.items.map(({ id }: any) => id))
      cursor = `?cursor=${body.next_cursor}`
    }
    expect(cursor).toBe('?cursor=null')
    expect(seen).toHaveLength(120)
    expect(seen).toEqual(seen.toSorted().reverse())
    expect((await ask('GET', `/${hook.id}/deliveries?cursor=nonsense`)).status).toBe(422)
  })

  it('is kept for thirty days, and what died in the outbox as long', async () => {
    const hook = await endpoint('fail')
    await changeProfile()
    await changeProfile()
    await rowsOf('UPDATE outbox SET attempts = 9')
    await sweep()
    await ask('POST', `/${hook.id}/rotate-secret`)
    const now = Date.now()
    expect(await purgeWebhooks(depsFor({ now: now + 29 * DAY }))).toEqual({
      deliveries: 0,
      dead: 0,
      secrets: 1,
    })
    expect(await purgeWebhooks(depsFor({ now: now + 31 * DAY }))).toEqual({
      deliveries: 2,
      dead: 2,
      secrets: 0,
    })
    const left =
      "SELECT 1 FROM webhook_deliveries UNION ALL SELECT 1 FROM outbox WHERE kind = 'webhook'"
    expect(await rowsOf(left)).toEqual([])
  })
})

describe('a redelivery', () => {
  it('is made under the same webhook-id, and recorded', async () => {
    const hook = await endpoint('ok')
    await changeProfile()
    await sweep()
    const [{ id }] = await deliveriesOf(hook)
    expect((await ask('POST', `/${hook.id}/deliveries/${id}/redeliver`)).status).toBe(202)
    expect(await deliveriesOf(hook)).toMatchObject([{ id, state: 'pending', delivered_at: null }])
    await sweep()
    expect((await verified(hook)).map((told) => told.id)).toEqual([id, id])
    expect(await deliveriesOf(hook)).toMatchObject([{ state: 'delivered', attempts: 2 }])
    const [log] = await rowsOf(
      "SELECT data FROM audit_log WHERE event = 'webhook.redelivered' ORDER BY id DESC LIMIT 1",
    )
    expect(JSON.parse(String(log?.['data']))).toEqual({ webhook_id: hook.id, delivery_id: id })
  })

  it('asked for five times at once is made once', async () => {
    const hook = await endpoint('ok')
    await changeProfile()
    await sweep()
    const [{ id }] = await deliveriesOf(hook)
    await Promise.all(
      [1, 2, 3, 4, 5].map(() => ask('POST', `/${hook.id}/deliveries/${id}/redeliver`)),
    )
    await sweep()
    expect(await receivedBy(hook.key)).toHaveLength(2)
  })

  it('of a permanently failed one makes it pending again, with all its attempts', async () => {
    const hook = await endpoint('fail-twice')
    await changeProfile()
    await rowsOf('UPDATE outbox SET attempts = 9')
    await sweep()
    const [{ id, state }] = await deliveriesOf(hook)
    expect(state).toBe('dead')
    await ask('POST', `/${hook.id}/deliveries/${id}/redeliver`)
    expect(await sweep()).toMatchObject({ retry: 1 })
    await makeDue()
    expect(await sweep()).toMatchObject({ done: 1 })
  })

  it('to a disabled endpoint is refused, and what had arrived stays so; a test goes all the same', async () => {
    const hook = await endpoint('ok')
    await changeProfile()
    await sweep()
    const [arrived] = await deliveriesOf(hook)
    await ask('PATCH', `/${hook.id}`, { enabled: false })
    const again = (id: string) => ask('POST', `/${hook.id}/deliveries/${id}/redeliver`)
    const redelivered = () =>
      rowsOf(
        "SELECT 1 FROM audit_log WHERE event = 'webhook.redelivered' AND data LIKE ?",
        `%${hook.id}%`,
      )
    const refused = await again(arrived.id)
    expect([refused.status, refused.body.code]).toEqual([409, 'wrong_status'])
    expect(await deliveriesOf(hook)).toEqual([arrived])
    expect(await redelivered()).toEqual([])
    await ask('POST', `/${hook.id}/test`)
    await sweep()
    const [test] = await deliveriesOf(hook)
    expect((await again(test.id)).status).toBe(202)
    await sweep()
    expect((await verified(hook)).map(({ id }) => id)).toEqual([arrived.id, test.id, test.id])
  })

  it("of another endpoint's delivery is 404", async () => {
    const [hook, other] = [await endpoint('ok'), await endpoint('ok')]
    await changeProfile()
    const [{ id }] = await deliveriesOf(hook)
    expect((await ask('POST', `/${other.id}/deliveries/${id}/redeliver`)).status).toBe(404)
  })
})
