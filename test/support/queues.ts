/**
 * The real queues, watched: every message that the Worker or an object sends is kept here. `holdEvents`
 * also keeps facts from their consumer, so that a test can deliver them itself, at once and as often
 * as it likes.
 */
import {
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import type { EventMessage } from '../../src/events'
import worker from '../../src/index'

const sent: unknown[] = []
const held: EventMessage[] = []
let isHolding = false

for (const name of ['EVENTS_QUEUE', 'OUTBOX_QUEUE', 'WEBHOOKS_QUEUE'] as const) {
  const queue: Queue = env[name]
  const [send, sendBatch] = [Reflect.get(queue, 'send'), Reflect.get(queue, 'sendBatch')]
  const keep = (bodies: unknown[]): boolean => {
    sent.push(...bodies)
    if (name === 'EVENTS_QUEUE' && isHolding) held.push(...(bodies as EventMessage[]))
    return name === 'EVENTS_QUEUE' && isHolding
  }
  vi.spyOn(queue, 'send').mockImplementation(async (body, ...more) =>
    keep([body]) ? (undefined as never) : Reflect.apply(send, queue, [body, ...more]),
  )
  vi.spyOn(queue, 'sendBatch').mockImplementation(async (messages, ...more) => {
    const all = [...messages]
    return keep(all.map(({ body }) => body))
      ? (undefined as never)
      : Reflect.apply(sendBatch, queue, [all, ...more])
  })
}

/** The body of every message that any queue was given. */
export const sentMessages = (): readonly unknown[] => sent

/** From now on facts wait for `deliver`. */
export const holdEvents = (): void => {
  isHolding = true
}

/** What the user's object has to tell and has not told yet, once it has handed everything over. */
export async function factsOf(subject: string): Promise<EventMessage[]> {
  const object = env.USER_SESSIONS.getByName(subject)
  await vi.waitUntil(
    () =>
      runInDurableObject(
        object,
        (_, { storage }) => storage.sql.exec('SELECT 1 FROM events').toArray().length === 0,
      ),
    { timeout: 4000, interval: 5 },
  )
  const his = held.filter((fact) => fact.subject === subject)
  held.splice(0, held.length, ...held.filter((fact) => fact.subject !== subject))
  return his
}

/** Gives facts to the Worker's own consumer, under some settings. */
export async function deliver(facts: EventMessage[], settings: Record<string, string> = {}) {
  const messages = facts.map((body) => ({
    id: crypto.randomUUID(),
    timestamp: new Date(),
    attempts: 1,
    body,
  }))
  const batch = createMessageBatch('gatehouse-events', messages) as MessageBatch<EventMessage>
  const ctx = createExecutionContext()
  await worker.queue(batch, { ...env, ...settings } as unknown as Env, ctx)
  return getQueueResult(batch, ctx)
}
