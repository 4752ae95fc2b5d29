/** Claimed by a lease, done once, tried again with growing waits, dead where that is right, silent about people. */
import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import { MailError } from '../../src/mail/transports/transport'
import { performRow } from '../../src/outbox/perform'
import { depsFor } from '../support/deps'
import { makeUser } from '../support/users'
import { wrapEnv } from '../support/wrapped-env'
import { NOW, noting, outboxRow, stored } from './rows'

const LEASE_MS = 120_000
const at = (now: number) => depsFor({ now })
const failing =
  (error: unknown = new Error('no')) =>
  () =>
    Promise.reject(error)

let warned: MockInstance<typeof console.warn>
beforeEach(() => {
  warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => {
  warned.mockRestore()
})

describe('a due row', () => {
  it('is done and gone', async () => {
    const { handlers, performed } = noting()
    const id = await outboxRow()
    expect(await performRow(at(NOW), handlers, id)).toBe('done')
    expect(performed).toEqual([id])
    expect(await stored(id)).toBeUndefined()
    expect(await performRow(at(NOW), handlers, id)).toBe('not_due')
  })

  it('is done once by twenty who try at the same time', async () => {
    const { handlers, performed } = noting(() => scheduler.wait(20))
    const id = await outboxRow()
    const tries = Array.from({ length: 20 }, () => performRow(at(NOW), handlers, id))
    const outcomes = await Promise.all(tries)
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'not_due')).toHaveLength(19)
    expect(performed).toEqual([id])
  })

  it.each([
    ['is not due yet', { next_attempt_at: NOW + 1 }],
    ['is dead', { dead_at: NOW - 1 }],
    ['is in somebody’s hands', { leased_until: NOW + 1 }],
  ])('is left alone when it %s', async (_, more) => {
    const { handlers, performed } = noting()
    expect(await performRow(at(NOW), handlers, await outboxRow(more))).toBe('not_due')
    expect(performed).toEqual([])
  })

  it('whose deletion failed is done again once its lease is over, and never sooner', async () => {
    let statements = 0
    const broken = wrapEnv(env, (call, go) => {
      if (call.name.startsWith('DB.') && ++statements === 2) throw new Error('D1 is away')
      return go()
    })
    const { handlers, performed } = noting()
    const id = await outboxRow()
    await expect(performRow(depsFor({ env: broken, now: NOW }), handlers, id)).rejects.toThrow()
    expect(await performRow(at(NOW + LEASE_MS - 1), handlers, id)).toBe('not_due')
    expect(await performRow(at(NOW + LEASE_MS), handlers, id)).toBe('done')
    expect(performed).toEqual([id, id])
  })
})

describe('a holder whose lease is over', () => {
  it('is succeeded by another consumer, whose result it cannot overwrite', async () => {
    const [stale, successor] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const id = await outboxRow()
    const first = performRow(at(NOW), noting(() => stale.promise).handlers, id)
    await vi.waitUntil(async () => (await stored(id))?.attempts === 1)
    const second = performRow(at(NOW + LEASE_MS), noting(() => successor.promise).handlers, id)
    await vi.waitUntil(async () => (await stored(id))?.attempts === 2)

    stale.reject(new MailError('smtp_550', { final: true }))
    expect(await first).toBe('dead')
    expect(await stored(id)).toEqual({
      attempts: 2,
      next_attempt_at: NOW,
      leased_until: NOW + 2 * LEASE_MS,
      last_error: null,
      dead_at: null,
    })
    successor.resolve()
    expect(await second).toBe('done')
    expect(await stored(id)).toBeUndefined()
  })
})

describe('a row that fails', () => {
  it('is free again, and waits twice as long each time, at most an hour', async () => {
    const { handlers } = noting(failing(), 100)
    const id = await outboxRow()
    const waits: number[] = []
    for (let now = NOW; waits.length < 12; now += (waits.at(-1) ?? 0) * 1000) {
      expect(await performRow(at(now), handlers, id)).toBe('retry')
      const row = await stored(id)
      expect(row).toMatchObject({ leased_until: null, dead_at: null, attempts: waits.length + 1 })
      waits.push(((row?.next_attempt_at ?? 0) - now) / 1000)
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600])
  })

  it('fails permanently after the attempts of its kind and is not tried again', async () => {
    const { handlers, performed } = noting(failing(), 3)
    const id = await outboxRow()
    const outcomes: string[] = []
    for (let n = 0; n < 5; n++) outcomes.push(await performRow(at(NOW + n * 1e7), handlers, id))
    expect(outcomes).toEqual(['retry', 'retry', 'dead', 'not_due', 'not_due'])
    expect(performed).toHaveLength(3)
    expect(await stored(id)).toMatchObject({ dead_at: NOW + 2e7, leased_until: null })
  })

  it('that is permanent fails the row at once, with the reason', async () => {
    const error = new MailError('E_RECIPIENT_SUPPRESSED', { final: true })
    const id = await outboxRow()
    expect(await performRow(at(NOW), noting(failing(error), 12).handlers, id)).toBe('dead')
    expect(await stored(id)).toMatchObject({
      attempts: 1,
      last_error: 'E_RECIPIENT_SUPPRESSED',
      dead_at: NOW,
    })
  })

  it('because its kind is unknown fails the row at once', async () => {
    const id = await outboxRow({ kind: 'telegram' })
    expect(await performRow(at(NOW), outboxHandlers, id)).toBe('dead')
    expect(await stored(id)).toMatchObject({ last_error: 'unknown_kind', dead_at: NOW })
  })

  it.each([
    ['sync-authority', '{}'],
    ['end-sessions', '{"sid":null,"until":0}'],
  ])(
    'to update a user’s object (%s) is retried without limit, once an hour',
    async (kind, payload) => {
      const { subject } = await makeUser()
      const id = await outboxRow({ kind, payload, subject })
      const broken = wrapEnv(env, (call, go) => {
        if (call.name.startsWith('USER_SESSIONS')) throw new Error('the object is away')
        return go()
      })
      let now = NOW
      for (let n = 1; n <= 40; n++) {
        expect(await performRow(depsFor({ env: broken, now }), outboxHandlers, id)).toBe('retry')
        const next = (await stored(id))?.next_attempt_at ?? 0
        expect(next - now).toBeLessThanOrEqual(3_600_000)
        now = next
      }
      expect(await performRow(at(now), outboxHandlers, id)).toBe('done')
    },
  )
})

describe('what is kept and logged of an error', () => {
  const address = 'ada@example.com'
  const sqlError = async () =>
    depsFor()
      .db.run(sql`INSERT INTO users (email) VALUES (${address})`)
      .then(
        () => undefined,
        (error: unknown) => error,
      )

  it.each<[string, () => unknown, string]>([
    ['a message', () => new TypeError(`no route to ${address}`), 'TypeError'],
    ['a code', () => Object.assign(new Error('x'), { code: `bounced: ${address}` }), 'Error'],
    ['a name', () => Object.assign(new Error('x'), { name: address }), 'unknown'],
    ['a very long code', () => Object.assign(new Error('x'), { code: 'A'.repeat(61) }), 'Error'],
    ['SQL with its parameters', sqlError, 'Error'],
    ['a cause', () => new Error('x', { cause: new Error(address) }), 'Error'],
    ['a text', () => address, 'unknown'],
    ['an object', () => ({ code: address }), 'unknown'],
    ['a short code', () => new MailError('smtp_421'), 'smtp_421'],
  ])('is a word and never an address: %s', async (_, make, kept) => {
    const id = await outboxRow()
    const error = await make()
    await performRow(at(NOW), noting(failing(error)).handlers, id)
    expect((await stored(id))?.last_error).toBe(kept)
    const lines = warned.mock.calls.map(([line]): unknown => JSON.parse(String(line)))
    expect(lines).toEqual([
      {
        event: 'outbox_attempt_failed',
        request_id: expect.any(String),
        outbox_id: id,
        kind: 'note',
        attempts: 1,
        error: kept,
        dead: false,
      },
    ])
  })
})
