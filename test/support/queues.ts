/**
 * Records every message that the Worker or an object sends to the real queues. `holdEvents` also
 * withholds events from their consumer, so that a test can deliver them itself, at once and
 * repeatedly.
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

/** From now on, to the end of the file. */
export function watchQueues(): void {
  sent.length = 0
  held.length = 0
  isHolding = false
  for (const name of QUEUES) watch(name)
}

const QUEUES = ['EVENTS_QUEUE', 'OUTBOX_QUEUE', 'WEBHOOKS_QUEUE'] as const

function watch(name: (typeof QUEUES)[number]): void {
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

/** The bodies of all messages sent to any queue. */
export const sentMessages = (): readonly unknown[] => sent

/** From now on events wait for `deliver`. */
export const holdEvents = (): void => {
  isHolding = true
}

/** Returns the user's withheld events, once their object has sent all of them. */
export async function eventsOf(subject: string): Promise<EventMessage[]> {
  const object = env.USER_SESSIONS.getByName(subject)
  await vi.waitUntil(
    () =>
      runInDurableObject(
        object,
        (_, { storage }) => storage.sql.exec('SELECT 1 FROM events').toArray().length === 0,
      ),
    { timeout: 4000, interval: 5 },
  )
  const theirs = held.filter((event) => event.subject === subject)
  held.splice(0, held.length, ...held.filter((event) => event.subject !== subject))
  return theirs
}

/** Delivers events to the Worker's own consumer, with the given settings. */
export async function deliver(events: EventMessage[], settings: Record<string, string> = {}) {
  const messages = events.map((body) => ({
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
