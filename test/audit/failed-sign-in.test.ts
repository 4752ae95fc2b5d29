/** A failed sign-in is told alike for every address, and never by its text. */
import { afterEach, expect, it, vi } from 'vitest'
import type { EventMessage } from '../../src/events'
import { rowsOf } from '../db/rows'
import { freshEmail } from '../support/users'
import { registerByApi } from '../support/users-by-api'
import { fetchWith } from '../support/worker'
import { deliver } from './queued-events'

afterEach(() => {
  vi.restoreAllMocks()
})

/** The events that one attempt to sign in sends. */
async function attempt(username: string, password: string): Promise<EventMessage[]> {
  const sent: EventMessage[] = []
  const EVENTS_QUEUE = { send: async (message: EventMessage) => void sent.push(message) }
  const reply = await fetchWith({ EVENTS_QUEUE }, '/api/v1/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'test' },
    body: JSON.stringify({ username, password }),
  })
  expect(reply.status).toBe(401)
  return sent
}

const addressIn = (events: EventMessage[]) => {
  const [event] = events
  return event?.event === 'auth.sign_in_failed' ? event.data.address : undefined
}

it('keeps an HMAC of the address, the same for the same address and no other', async () => {
  const [ada, bob] = [freshEmail(), freshEmail()]
  const first = await attempt(ada, 'Wrong-Horse-7')
  expect(first).toHaveLength(1)
  expect(addressIn(first)).toMatch(/^[\w-]{22}$/)
  expect(addressIn(await attempt(` ${ada.toUpperCase()} `, 'Other-Horse-8'))).toBe(addressIn(first))
  expect(addressIn(await attempt(bob, 'Wrong-Horse-7'))).not.toBe(addressIn(first))
})

it('records the same for an address with an account as for one without', async () => {
  const person = await registerByApi()
  const [known, unknown] = [
    await attempt(person.email, 'Wrong-Horse-7'),
    await attempt(freshEmail(), 'Wrong-Horse-7'),
  ]
  const shape = (events: EventMessage[]) =>
    events.map((event) => ({ ...event, id: '', at: 0, ip: '', data: Object.keys(event.data) }))
  expect(shape(known)).toEqual(shape(unknown))
  expect(known[0]?.subject).toBeNull()
})

it('is tried again under the same id where the queue refuses', async () => {
  const tries: EventMessage[] = []
  const sent: EventMessage[] = []
  const send = async (message: EventMessage) => {
    tries.push(message)
    if (tries.length < 3) throw new Error('Queue send failed')
    sent.push(message)
  }
  await fetchWith({ EVENTS_QUEUE: { send } }, '/api/v1/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: freshEmail(), password: 'Wrong-Horse-7' }),
  })
  await vi.waitUntil(() => sent.length > 0, { timeout: 5000 })
  expect(tries).toEqual([sent[0], sent[0], sent[0]])
})

it('leaves neither the address nor the password in any row, message or log line', async () => {
  const lines: unknown[] = []
  for (const method of ['log', 'warn', 'error', 'info', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...said: unknown[]) => void lines.push(said))
  }
  const email = freshEmail()
  const events = await attempt(email, 'Wrong-Horse-7')
  await deliver(...events)
  const rows = await rowsOf('SELECT * FROM audit_log WHERE id = ?', events[0]?.id)
  expect(rows).toMatchObject([
    { event: 'auth.sign_in_failed', actor_id: null, target_id: null, user_agent: 'test' },
  ])
  const kept = JSON.stringify([rows, events, lines])
  expect(kept).not.toContain(email)
  expect(kept).not.toContain(email.split('@')[0])
  expect(kept).not.toContain('Wrong-Horse')
})

it('counts among the failures of its day, once however often it is delivered', async () => {
  const events = await attempt(freshEmail(), 'Wrong-Horse-7')
  const failures = async () =>
    (
      await rowsOf(
        'SELECT failures, logins FROM daily_logins WHERE day = ?',
        Math.floor((events[0]?.at ?? 0) / 86_400_000),
      )
    )[0] ?? { failures: 0, logins: 0 }
  const before = await failures()
  await deliver(...events)
  await deliver(...events, ...events)
  expect(await failures()).toEqual({ ...before, failures: Number(before['failures']) + 1 })
})
