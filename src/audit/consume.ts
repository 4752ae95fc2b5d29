/**
 * The events queue's consumer: facts born outside D1 become audit rows, keyed by the event's id, so
 * a redelivered one changes nothing (rollups hang on triggers of the row being inserted). Facts about
 * users who are gone are passed over. A batch that fails is written one by one, so that a poisoned
 * message hurts only itself; what still fails ends in the dead-letter queue and is parked.
 */
import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { runBatch, type Statement } from '../db/batch'
import type { EventMessage } from '../events'
import { users } from '../users/schema'
import { auditLog, parkedEvents } from './schema'

/** Writes a batch of events. Acknowledges or retries each message by itself; throws nothing. */
export async function consumeEvents(deps: Deps, batch: MessageBatch<EventMessage>): Promise<void> {
  try {
    await runBatch(
      deps.env,
      batch.messages.map((message) => eventStatement(message.body)),
    )
    batch.ackAll()
  } catch {
    for (const message of batch.messages) await writeAlone(deps, message)
  }
}

async function writeAlone(deps: Deps, message: Message<EventMessage>): Promise<void> {
  try {
    await runBatch(deps.env, [eventStatement(message.body)])
    message.ack()
  } catch {
    console.error(JSON.stringify({ event: 'event_not_written', attempts: message.attempts }))
    message.retry({ delaySeconds: Math.min(300, 5 * 2 ** message.attempts) })
  }
}

function eventStatement(event: EventMessage): Statement {
  const columns = sql`${event.id}, ${event.at}, ${event.event}`
  const rest = sql`${event.ip}, ${event.country}, ${event.user_agent}, ${JSON.stringify(event.data)}`
  const insert = sql`INSERT INTO ${auditLog} (id, at, event, actor_id, target_id, ip, country, user_agent, data)`
  // Not OR IGNORE, which would swallow a malformed event in silence.
  const once = sql`ON CONFLICT (id) DO NOTHING`
  return event.subject === null
    ? sql`${insert} VALUES (${columns}, NULL, NULL, ${rest}) ${once}`
    : sql`${insert} SELECT ${columns}, ${users.id}, ${users.id}, ${rest} FROM ${users} WHERE ${users.subject} = ${event.subject} ${once}`
}

/** Parks what could not be written after all tries, where admins see it. */
export async function parkEvents(deps: Deps, batch: MessageBatch<EventMessage>): Promise<void> {
  for (const message of batch.messages) {
    try {
      await deps.db
        .insert(parkedEvents)
        .values({ id: message.id, message: JSON.stringify(message.body), parkedAt: deps.now })
        .onConflictDoNothing({ target: parkedEvents.id })
      message.ack()
    } catch {
      message.retry({ delaySeconds: 60 })
    }
  }
}
