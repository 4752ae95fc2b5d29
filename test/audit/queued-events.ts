/** Events as the events queue brings them, delivered to the Worker's own queue handler. */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { randomId } from '../../src/crypto/encoding'
import { eventId } from '../../src/event-id'
import type { EventData, EventMessage, QueuedEventName } from '../../src/events'
import worker from '../../src/index'
import { rowsOf } from '../db/rows'

export const DAY_MS = 86_400_000
/** Midnight of a day ahead of the real clock. */
export const MIDNIGHT = Date.UTC(2031, 4, 6)

export const queuedEvent = <E extends QueuedEventName>(
  event: E,
  subject: string | null,
  at: number,
  data: EventData[E],
): EventMessage =>
  ({
    id: eventId(at),
    at,
    event,
    subject,
    ip: '198.51.100.7',
    country: 'NL',
    user_agent: 'test',
    data,
  }) as EventMessage

export const signedIn = (
  subject: string,
  at: number,
  session_id = subject + randomId(),
): EventMessage =>
  queuedEvent('auth.signed_in', subject, at, {
    session_id,
    expires_at: at + DAY_MS,
    remember_me: false,
    method: 'password',
    amr: ['pwd'],
    strength: 1,
    passkey_id: null,
    new_device: false,
  })

export const sessionsEnded = (subject: string, at: number, ...session_ids: string[]) =>
  queuedEvent('auth.sessions_ended', subject, at, { session_ids, reason: 'signed_out' })

export async function deliverTo(queue: string, bodies: unknown[], more: DeliveryOptions = {}) {
  const batch = createMessageBatch(
    queue,
    bodies.map((body, n) => ({
      id: `m${n}`,
      timestamp: MIDNIGHT,
      attempts: more.attempts ?? 1,
      body,
    })),
  ) as MessageBatch<EventMessage>
  // The harness tells which messages come again, but not after how long.
  const delays: unknown[] = []
  for (const message of batch.messages) {
    const again = message.retry.bind(message)
    message.retry = (options) => {
      delays.push(options?.delaySeconds)
      again(options)
    }
  }
  const ctx = createExecutionContext()
  await worker.queue(batch, more.env ?? env, ctx)
  return { ...(await getQueueResult(batch, ctx)), delays }
}
interface DeliveryOptions {
  env?: Env
  attempts?: number
}

/** One batch of the events queue. */
export const deliver = (...bodies: unknown[]) => deliverTo('gatehouse-events', bodies)

export const auditOf = (userId: number) =>
  rowsOf('SELECT * FROM audit_log WHERE target_id = ? ORDER BY id', userId)

/** Everything that hangs on events, whole. */
export const everything = async () =>
  Object.fromEntries(
    await Promise.all(
      [
        'SELECT id, login_count, last_login_at, last_active_day FROM users ORDER BY id',
        'SELECT * FROM daily_logins ORDER BY day',
        'SELECT * FROM daily_login_users ORDER BY day, user_id',
        'SELECT * FROM active_days WHERE users <> 0 ORDER BY day',
        'SELECT * FROM user_sessions ORDER BY id',
        'SELECT * FROM audit_log ORDER BY id',
        'SELECT * FROM parked_events ORDER BY id',
        'SELECT * FROM outbox ORDER BY id',
      ].map(async (sql) => [/FROM (\w+)/.exec(sql)?.[1], await rowsOf(sql)] as const),
    ),
  ) as Record<string, Record<string, unknown>[]>
