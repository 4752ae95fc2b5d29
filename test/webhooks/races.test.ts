/** What happens to an endpoint while something is on its way to it, and to mails beside a slow one. */
import { createExecutionContext, createMessageBatch } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, test, vi } from 'vitest'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import worker from '../../src/index'
import { performRow } from '../../src/outbox/perform'
import { sweepOutbox } from '../../src/outbox/sweep'
import { rowsOf } from '../db/rows'
import { depsFor } from '../support/deps'
import { wrapEnv } from '../support/wrapped-env'
import {
  ask,
  changeProfile,
  deliveriesOf,
  type Endpoint,
  endpoint,
  endpointOf,
  makeDue,
  receivedBy,
  sweep,
  verified,
  withClerk,
} from './desk'

withClerk()

const idOf = async (hook: Endpoint): Promise<string> => (await deliveriesOf(hook))[0].id

/** One delivery, with something done just before the n-th call to D1. */
async function deliverWith(id: string, n: number, meanwhile: () => Promise<unknown>) {
  let calls = 0
  const interrupted = wrapEnv(env, async ({ name }, go) => {
    if (name.startsWith('DB.') && (calls += 1) === n) await meanwhile()
    return go()
  })
  return performRow(depsFor({ env: interrupted }), outboxHandlers, id)
}

// Claim, look-up, and the note of what became of it, behind the request.
describe.each([2, 3, 4])('before call %i of a delivery', (n) => {
  it('the endpoint may be deleted: nothing of it is left', async () => {
    const hook = await endpoint('ok')
    await changeProfile()
    const id = await idOf(hook)
    await deliverWith(id, n, () => ask('DELETE', `/${hook.id}`))
    await sweep()
    expect(await rowsOf('SELECT 1 FROM webhook_deliveries UNION ALL SELECT 1 FROM outbox')).toEqual(
      [],
    )
    expect((await receivedBy(hook.key)).length).toBe(n === 2 ? 0 : 1)
  })

  it('the secret may be rotated: what arrives verifies under the old one', async () => {
    const hook = await endpoint('ok')
    await changeProfile()
    expect(
      await deliverWith(await idOf(hook), n, () => ask('POST', `/${hook.id}/rotate-secret`)),
    ).toBe('done')
    expect(await verified(hook)).toHaveLength(1)
  })

  it('it may be asked for anew: it is delivered, and its log says so', async () => {
    const hook = await endpoint('ok')
    await changeProfile()
    const id = await idOf(hook)
    await deliverWith(id, n, () => ask('POST', `/${hook.id}/deliveries/${id}/redeliver`))
    await makeDue()
    await sweep()
    expect(await deliveriesOf(hook)).toMatchObject([{ id, state: 'delivered' }])
    expect(await rowsOf('SELECT 1 FROM outbox')).toEqual([])
  })
})

test('two consumers and a cron at once deliver each event once', async () => {
  const hook = await endpoint('ok')
  for (let n = 0; n < 12; n++) await changeProfile()
  await Promise.all([sweep(), sweep(), sweep()])
  expect(await verified(hook)).toHaveLength(12)
  expect(await rowsOf('SELECT 1 FROM outbox')).toEqual([])
})

test('a delivery whose success could not be noted is made again, under the same webhook-id', async () => {
  const hook = await endpoint('ok')
  await changeProfile()
  const failing = wrapEnv(env, ({ name }, go) =>
    name === 'DB.batch' ? Promise.reject(new Error('D1_ERROR: lost')) : go(),
  )
  expect(await performRow(depsFor({ env: failing }), outboxHandlers, await idOf(hook))).toBe(
    'retry',
  )
  await makeDue()
  await sweep()
  const [one, two, ...more] = await verified(hook)
  expect(one).toEqual(two)
  expect(more).toEqual([])
})

test('one whose row alone could not be deleted is not made again', async () => {
  const hook = await endpoint('ok')
  await changeProfile()
  const id = await idOf(hook)
  let isOver = false
  const failing = wrapEnv(env, async ({ name }, go) => {
    if (isOver) throw new Error('D1_ERROR: lost')
    const result = await go()
    isOver ||= name === 'DB.batch'
    return result
  })
  await expect(performRow(depsFor({ env: failing }), outboxHandlers, id)).rejects.toThrow()
  await makeDue()
  expect(await sweep()).toMatchObject({ done: 1 })
  expect(await receivedBy(hook.key)).toHaveLength(1)
})

test('two that fail at once disable an endpoint once', async () => {
  const hook = await endpoint('gone')
  await changeProfile()
  await changeProfile()
  await sweep()
  expect(await endpointOf(hook)).toMatchObject({ disabled_reason: 'gone' })
  const recorded = await rowsOf(
    "SELECT 1 FROM audit_log WHERE event = 'webhook.disabled' AND instr(data, ?)",
    hook.id,
  )
  expect(recorded).toHaveLength(1)
})

test('what is ours does not wait behind a thousand webhooks', async () => {
  const hook = await endpoint('ok')
  await rowsOf(
    `INSERT INTO webhook_deliveries (id, webhook_id, event_id, event, created_at)
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
     SELECT printf('%022x', i), ?, 'e', 'user.erased', 0 FROM n`,
    hook.id,
  )
  await rowsOf(
    "INSERT INTO outbox (id, kind, payload, next_attempt_at, created_at) VALUES (?, 'note', '{}', 1, 1)",
    'a-row-of-ours'.padEnd(22, 'x'),
  )
  const performed: string[] = []
  const deps = depsFor()
  await sweepOutbox(deps, {
    note: { perform: async (_deps, { id }) => void performed.push(id), maxAttempts: 1 },
  })
  expect(performed).toHaveLength(1)
  // It is found by an index of its own.
  expect(deps.meter.rowsRead).toBeLessThan(10)
})

test('what one endpoint has let pile up stands in the way of no other', async () => {
  const [hook, other] = [await endpoint('ok'), await endpoint('ok')]
  await rowsOf(
    `INSERT INTO webhook_deliveries (id, webhook_id, event_id, event, created_at)
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
     SELECT printf('%022x', i), ?, 'gone', 'user.erased', i FROM n`,
    hook.id,
  )
  await changeProfile()
  expect(await sweep()).toMatchObject({ due: 50 })
  expect(await receivedBy(other.key)).toHaveLength(1)
  const [oldest] = await rowsOf(
    "SELECT min(next_attempt_at) AS at FROM outbox WHERE kind = 'webhook'",
  )
  expect(oldest?.['at']).toBeGreaterThan(20)
})

describe('the consumer of the notifications', () => {
  const notify = async (given: Env = env) => {
    const messages = [1, 2, 3].map((n) => ({
      id: `m${n}`,
      timestamp: new Date(),
      attempts: 1,
      body: {},
    }))
    const batch = createMessageBatch('gatehouse-webhooks', messages) as MessageBatch<never>
    const ctx = createExecutionContext()
    await worker.queue(batch, given, ctx)
  }

  it('delivers what is due, and notifies itself while there is more', async () => {
    const hook = await endpoint('ok')
    for (let n = 0; n < 3; n++) await changeProfile()
    // A queue of its own: events that are stored meanwhile notify, too.
    const send = vi.fn(async () => undefined)
    const own = { ...env, WEBHOOKS_QUEUE: { send } } as unknown as Env
    await notify(own)
    expect(await verified(hook)).toHaveLength(3)
    expect(send).not.toHaveBeenCalled()
    await rowsOf(
      `INSERT INTO webhook_deliveries (id, webhook_id, event_id, event, created_at)
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
       SELECT printf('%022x', i), ?, 'gone', 'user.erased', 0 FROM n`,
      hook.id,
    )
    await notify(own)
    expect(send).toHaveBeenCalledTimes(1)
    await notify(own)
    expect(await rowsOf('SELECT 1 FROM outbox')).toEqual([])
  })

  it('leaves to the cron what D1 does not give it', async () => {
    const down = wrapEnv(env, () => Promise.reject(new Error('D1_ERROR: down')))
    await expect(notify(down)).resolves.toBeUndefined()
  })
})
