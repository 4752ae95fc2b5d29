/**
 * The events queue's consumer: facts born outside D1 become audit rows, keyed by the event's id, so
 * a redelivered one changes nothing (rollups hang on triggers of the row being inserted). Facts about
 * users who no longer exist are skipped. A batch that fails is written one by one, so that a malformed
 * message hurts only itself. One that D1 keeps refusing is parked where admins see it; while D1 fails or
 * does not answer, messages wait in the queue with growing delays, and none is dropped.
 */
import { sql } from 'drizzle-orm'
import type { Notice } from '../config'
import type { Deps } from '../context'
import { toBase64Url } from '../crypto/encoding'
import { withoutSessionIds } from '../crypto/session-hash'
import { runBatch, type Statement } from '../db/batch'
import { isOwed, owedWebhooks, wakeOutbox, wakeWebhooks } from '../commit/commit'
import { isPassingFault } from '../db/faults'
import type { EventMessage } from '../events'
import { outbox } from '../tables/outbox'
import { users } from '../tables/users'
import { noticeFor } from './notice-for'
import { retryDelaySeconds } from './retry-delay'
import { auditLog, parkedEvents } from '../tables/audit'
import { log } from '../log'

/** Writes a batch of events. Acknowledges or retries each message by itself; throws nothing. */
export async function consumeEvents(deps: Deps, batch: MessageBatch<EventMessage>): Promise<void> {
  try {
    const events = batch.messages.map((message) => message.body)
    const results = await runBatch(deps, [
      ...events.flatMap((event) => statementsFor(deps, event)),
      owedWebhooks(deps.now),
    ])
    batch.ackAll()
    wakeOutbox(deps, events.filter((event) => noticeOf(deps, event)).map(noticeId))
    if (isOwed(results.at(-1))) wakeWebhooks(deps)
  } catch {
    for (const message of batch.messages) await writeAlone(deps, message, IN_QUEUE)
  }
}

/** From which try on a message is parked: one that was refused, and one whose faults all seem to pass. */
interface Patience {
  readonly refused: number
  readonly failing: number
}
/** A refused one after five minutes, not after days. */
const IN_QUEUE: Patience = { refused: 6, failing: Number.POSITIVE_INFINITY }
/** After four days more, well within the 14 that a message lives there. */
const IN_DEAD_LETTERS: Patience = { refused: 1, failing: 20 }

async function writeAlone(
  deps: Deps,
  message: Message<EventMessage>,
  patience: Patience,
): Promise<void> {
  try {
    await runBatch(deps, statementsFor(deps, message.body))
    message.ack()
  } catch (error) {
    const { attempts } = message
    log.error('event_not_written', deps, { attempts })
    const most = isPassingFault(error) ? patience.failing : patience.refused
    if (attempts >= most) await parkOrRetry(deps, message)
    else retryLater(message)
  }
}

const retryLater = (message: Message<EventMessage>): void =>
  message.retry({ delaySeconds: retryDelaySeconds(message.attempts) })

function statementsFor(deps: Deps, event: EventMessage): Statement[] {
  const notice = noticeOf(deps, event)
  // Directly behind the audit row, so that `changes()` speaks of it: no notice for a redelivery.
  return [eventStatement(event), ...(notice ? [noticeStatement(deps, event, notice)] : [])]
}

/** The mail that tells the user of a fact, if there is one, room for it, and it is not switched off. */
function noticeOf(deps: Deps, event: EventMessage): Notice | undefined {
  if (event.is_quiet) return undefined
  const notice = noticeFor(event)
  return notice && !deps.config.MAILS_OFF.includes(notice) ? notice : undefined
}

/** The event's id in the outbox's form, so that a fact has one notice. */
const noticeId = (event: EventMessage): string =>
  toBase64Url(Uint8Array.fromHex(event.id.replaceAll('-', '')))

function noticeStatement(deps: Deps, event: EventMessage, mail: Notice): Statement {
  const circumstances = { at: event.at, country: event.country, user_agent: event.user_agent }
  return sql`
    INSERT INTO ${outbox} (id, kind, subject, payload, next_attempt_at, created_at)
    SELECT ${noticeId(event)}, 'mail', ${event.subject}, ${JSON.stringify({ mail, circumstances })},
      ${deps.now}, ${deps.now}
    WHERE changes() > 0
    ON CONFLICT (id) DO NOTHING`
}

function eventStatement(event: EventMessage): Statement {
  const columns = sql`${event.id}, ${event.at}, ${event.event}`
  const rest = sql`${event.ip}, ${event.country}, ${event.user_agent}, ${JSON.stringify(withoutSessionIds(event.data))}`
  const insert = sql`INSERT INTO ${auditLog} (id, at, event, actor_id, target_id, ip, country, user_agent, data)`
  // Not OR IGNORE, which would swallow a malformed event in silence.
  const once = sql`ON CONFLICT (id) DO NOTHING`
  return event.subject === null
    ? sql`${insert} VALUES (${columns}, NULL, NULL, ${rest}) ${once}`
    : sql`${insert} SELECT ${columns}, ${users.id}, ${users.id}, ${rest} FROM ${users} WHERE ${users.subject} = ${event.subject} ${once}`
}

/**
 * The dead-letter queue's consumer. After an outage of days it writes what it is given; it parks what D1
 * refuses, and what has failed for days.
 */
export async function parkEvents(deps: Deps, batch: MessageBatch<EventMessage>): Promise<void> {
  for (const message of batch.messages) await writeAlone(deps, message, IN_DEAD_LETTERS)
}

/**
 * Parks a message where admins see it, or leaves it in its queue while D1 does not answer. A fact
 * about a user who no longer exists is skipped, as it would be by the log.
 */
async function parkOrRetry(deps: Deps, message: Message<EventMessage>): Promise<void> {
  try {
    const text = textOf(message.body)
    await deps.db.run(sql`
      INSERT INTO ${parkedEvents} (id, message, parked_at)
      SELECT ${message.id}, ${text}, ${deps.now}
      WHERE ${text} ->> 'subject' IS NULL
        OR EXISTS (SELECT 1 FROM ${users} WHERE ${users.subject} = ${text} ->> 'subject')
      ON CONFLICT (id) DO NOTHING`)
    message.ack()
  } catch {
    retryLater(message)
  }
}

/** A message as it is parked. It may be malformed in any way. */
function textOf(body: EventMessage): string {
  const data: unknown = typeof body === 'object' && body !== null ? body.data : null
  if (typeof data !== 'object' || data === null) return JSON.stringify(body)
  return JSON.stringify({ ...body, data: withoutSessionIds(data) })
}
