/** Tried again by an admin’s hand: at once, with all its tries, recorded, and never beside somebody else. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { performRow } from '../../src/outbox/perform'
import { queuedEvent } from '../audit/queued-events'
import { rowsOf } from '../db/rows'
import { depsFor } from '../support/deps'
import { named } from '../support/named'
import { makeUser } from '../support/users'
import { fetchWith } from '../support/worker'
import { clerk, DEAD, HOUR, NOW, park, PATH, retry, withClerk } from './desk'
import { noting, outboxRow, stored } from './rows'

withClerk()
beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
})

const retries = () =>
  rowsOf(
    "SELECT actor_id, target_id, data FROM audit_log WHERE event = 'admin.outbox_retried' ORDER BY id DESC LIMIT 1",
  )

describe('a retry', () => {
  it('makes a failed row due at once, with all its attempts, and is logged', async () => {
    const { id: userId, subject } = await makeUser()
    const id = await outboxRow({ subject, next_attempt_at: NOW + HOUR, ...DEAD })
    const notified: unknown[] = []
    const OUTBOX_QUEUE = {
      sendBatch: async (messages: unknown[]) => void notified.push(...messages),
    }
    const reply = await fetchWith({ OUTBOX_QUEUE }, `${PATH}/${id}/retry`, {
      method: 'POST',
      headers: { authorization: `Bearer ${clerk.token}` },
    })
    expect([reply.status, reply.body]).toEqual([202, { message: 'The item will be retried' }])
    expect(notified).toEqual([{ body: { id } }])
    const row = await stored(id)
    expect(row).toMatchObject({ attempts: 0, dead_at: null, leased_until: null })
    expect(row?.next_attempt_at).toBeLessThanOrEqual(Date.now())
    expect(await retries()).toEqual([
      { actor_id: clerk.id, target_id: userId, data: JSON.stringify({ id, kind: 'note' }) },
    ])
    const { handlers, performed } = noting()
    expect(await performRow(depsFor(), handlers, id)).toBe('done')
    expect(performed).toEqual([id])
  })

  it('notifies the real consumer, which drops a failed email without a recipient', async () => {
    const id = await outboxRow({ kind: 'mail', payload: '{"mail":"verify-email"}', ...DEAD })
    expect((await retry(id)).status).toBe(202)
    await vi.waitUntil(async () => (await stored(id)) === undefined, { timeout: 8000 })
  })

  it('brings forward what waits', async () => {
    const id = await outboxRow({ attempts: 5, next_attempt_at: NOW + HOUR })
    expect((await retry(id)).status).toBe(202)
    const row = await stored(id)
    // Either due, or tried already by whom the retry has notified: nobody knows its kind.
    expect((row?.next_attempt_at ?? 0) <= Date.now()).toBe(true)
  })

  it('leaves alone what somebody is at this moment', async () => {
    const more = { attempts: 5, leased_until: NOW + HOUR, next_attempt_at: NOW }
    const id = await outboxRow(more)
    const before = await retries()
    expect((await retry(id)).status).toBe(202)
    expect(await stored(id)).toMatchObject(more)
    expect(await retries()).toEqual(before)
  })

  it('of what is not there is a 404, and leaves nothing', async () => {
    const before = await retries()
    for (const id of ['x'.repeat(22), '1', '%', 'x'.repeat(100)]) {
      const { status, body } = await retry(id)
      expect([status, body.code]).toEqual([404, 'not_found'])
    }
    expect(named(await retry('x'.repeat(101)))).toEqual(['id too_big'])
    expect(await retries()).toEqual(before)
  })

  it('of a dead-lettered event writes it once and removes it from the list', async () => {
    const { id: userId, subject } = await makeUser()
    const event = queuedEvent('auth.refresh_reused', subject, NOW, { session_id: 's' })
    await park('parked-1', event)
    await park('parked-2', event)
    for (const id of ['parked-1', 'parked-2']) expect((await retry(id)).status).toBe(202)
    expect(await rowsOf('SELECT * FROM parked_events')).toEqual([])
    const written = () =>
      rowsOf('SELECT id FROM audit_log WHERE target_id = ? AND event = ?', userId, event.event)
    await vi.waitUntil(async () => (await written()).length > 0, { timeout: 8000 })
    expect(await written()).toEqual([{ id: event.id }])
    expect(await retries()).toEqual([
      { actor_id: clerk.id, target_id: null, data: '{"id":"parked-2","kind":"event"}' },
    ])
  })

  it('of a dead-lettered event that the queue refuses is 503 and leaves it there', async () => {
    await park('parked-1', queuedEvent('user.active', null, NOW, {}))
    const EVENTS_QUEUE = { send: () => Promise.reject(new Error('queue down')) }
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const reply = await fetchWith({ EVENTS_QUEUE }, `${PATH}/parked-1/retry`, {
      method: 'POST',
      headers: { authorization: `Bearer ${clerk.token}` },
    })
    expect([reply.status, reply.body.code]).toEqual([503, 'unavailable'])
    expect(await rowsOf('SELECT id FROM parked_events')).toEqual([{ id: 'parked-1' }])
  })

  it('by two at once is recorded once', async () => {
    const id = await outboxRow({ ...DEAD, kind: 'sync-authority', next_attempt_at: NOW + HOUR })
    const OUTBOX_QUEUE = { sendBatch: async () => undefined }
    const twice = [1, 2].map(() =>
      fetchWith({ OUTBOX_QUEUE }, `${PATH}/${id}/retry`, {
        method: 'POST',
        headers: { authorization: `Bearer ${clerk.token}` },
      }),
    )
    expect((await Promise.all(twice)).map(({ status }) => status)).toEqual([202, 202])
    const rows = await rowsOf(
      "SELECT 1 FROM audit_log WHERE event = 'admin.outbox_retried' AND data ->> 'id' = ?",
      id,
    )
    expect(rows).toHaveLength(1)
  })
})
