/**
 * The consumer of the events queue. It writes events from outside D1 to the audit log, keyed by the
 * event's id, so a redelivered message changes nothing (the rollups depend on triggers that fire
 * only when the row is inserted). Events about users who no longer exist are skipped, except the
 * ends of apps' sessions: the apps must still be notified. If a batch fails, its events are written
 * one by one, so that a malformed message does not block the others.
 * A message that D1 keeps refusing is dead-lettered to `parked_events`, where admins see it. While
 * D1 fails or does not answer, messages stay in the queue with growing delays, and none is lost.
 */
import { sql } from 'drizzle-orm'
import { hasPendingWebhooks, pendingWebhooks, notifyOutbox, notifyWebhooks } from '../commit/commit'
import type { Deps } from '../context'
import { toBase64Url } from '../crypto/encoding'
import { withoutSessionIds } from '../crypto/session-hash'
import { runBatch, type Statement } from '../db/batch'
import { isPassingFault } from '../db/faults'
import type { EventMessage } from '../events'
import { log } from '../log'
import { type MailPayload, undoing } from '../mail/messages'
import type { NotificationName } from '../notifications'
import { auditLog, deadLetteredEvents } from '../tables/audit'
import { outbox } from '../tables/outbox'
import { users } from '../tables/users'
import { notificationFor } from './notification-for'
import { retryDelaySeconds } from './retry-delay'

/** Writes a batch of events. Acknowledges or retries each message on its own. Never throws. */
export async function consumeEvents(deps: Deps, batch: MessageBatch<EventMessage>): Promise<void> {
  try {
    const events = batch.messages.map((message) => message.body)
    const results = await runBatch(deps, [
      ...events.flatMap((event) => statementsFor(deps, event)),
      pendingWebhooks(deps.now),
    ])
    batch.ackAll()
    notifyOutbox(deps, events.filter((event) => notificationOf(deps, event)).map(notificationId))
    if (hasPendingWebhooks(results.at(-1))) notifyWebhooks(deps)
  } catch {
    for (const message of batch.messages) await writeAlone(deps, message, IN_QUEUE)
  }
}

/**
 * The attempt from which a message is dead-lettered: if D1 refuses it, and if every fault looks
 * transient.
 */
interface Patience {
  readonly refused: number
  readonly failing: number
}
/** Dead-letters a refused message after five minutes rather than days. */
const IN_QUEUE: Patience = { refused: 6, failing: Number.POSITIVE_INFINITY }
/** Four more days, well within the 14 days that this queue keeps a message. */
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
    if (attempts >= most) await deadLetterOrRetry(deps, message)
    else retryLater(message)
  }
}

const retryLater = (message: Message<EventMessage>): void =>
  message.retry({ delaySeconds: retryDelaySeconds(message.attempts) })

function statementsFor(deps: Deps, event: EventMessage): Statement[] {
  const notification = notificationOf(deps, event)
  // Must directly follow the audit row, since it reads its `changes()`: a redelivery sends no
  // notification.
  return [
    eventStatement(event),
    ...(notification ? [notificationStatement(deps, event, notification)] : []),
  ]
}

/**
 * Returns the notification for an event, if there is one and it is neither suppressed nor switched
 * off.
 */
function notificationOf(deps: Deps, event: EventMessage): NotificationName | undefined {
  if (event.is_quiet) return undefined
  const notification = notificationFor(event)
  return notification && !deps.config.MAILS_OFF.includes(notification) ? notification : undefined
}

/** The event's id in the format of the outbox, so that an event has at most one notification. */
const notificationId = (event: EventMessage): string =>
  toBase64Url(Uint8Array.fromHex(event.id.replaceAll('-', '')))

function notificationStatement(deps: Deps, event: EventMessage, mail: NotificationName): Statement {
  const circumstances = { at: event.at, country: event.country, user_agent: event.user_agent }
  const undo =
    event.event === 'auth.device_trusted' && undoing(deps, { device: event.data.device_id })
  const payload = { mail, circumstances, ...undo } satisfies MailPayload
  return sql`
    INSERT INTO ${outbox} (id, kind, subject, payload, next_attempt_at, created_at)
    SELECT ${notificationId(event)}, 'mail', ${event.subject}, ${JSON.stringify(payload)},
      ${deps.now}, ${deps.now}
    WHERE changes() > 0
    ON CONFLICT (id) DO NOTHING`
}

function eventStatement(event: EventMessage): Statement {
  const columns = sql`${event.id}, ${event.at}, ${event.event}`
  const data = JSON.stringify(withoutSessionIds(event.data))
  const forwardedBy = event.forwarded_by ?? null
  const rest = sql`${event.ip}, ${event.country}, ${event.user_agent}, ${data}, ${forwardedBy}`
  const insert = sql`INSERT INTO ${auditLog} (id, at, event, actor_id, target_id, ip, country, user_agent, data, forwarded_by)`
  // Not OR IGNORE, which would silently drop a malformed event.
  const once = sql`ON CONFLICT (id) DO NOTHING`
  if (event.subject === null) return sql`${insert} VALUES (${columns}, NULL, NULL, ${rest}) ${once}`
  const user = sql`${users} WHERE ${users.subject} = ${event.subject}`
  // The apps of an erased user must still be notified that their sessions ended, but the row names no user.
  return event.event === 'app.signed_out'
    ? sql`${insert} SELECT ${columns}, theirs.id, theirs.id, iif(theirs.id IS NULL, NULL, ${event.ip}),
        iif(theirs.id IS NULL, NULL, ${event.country}), iif(theirs.id IS NULL, NULL, ${event.user_agent}), ${data}, ${forwardedBy}
        FROM (SELECT 1) LEFT JOIN (SELECT id FROM ${user}) AS theirs WHERE true ${once}`
    : sql`${insert} SELECT ${columns}, ${users.id}, ${users.id}, ${rest} FROM ${user} ${once}`
}

/**
 * The consumer of the dead-letter queue. After an outage of days it writes the events that it is
 * given. It dead-letters what D1 refuses, and what has failed for days, to `parked_events`.
 */
export async function deadLetterEvents(
  deps: Deps,
  batch: MessageBatch<EventMessage>,
): Promise<void> {
  for (const message of batch.messages) await writeAlone(deps, message, IN_DEAD_LETTERS)
}

/**
 * Stores a message in `parked_events`, where admins see it, or leaves it in its queue while D1 does
 * not answer. An event about a user who no longer exists is skipped, as the log would skip it.
 */
async function deadLetterOrRetry(deps: Deps, message: Message<EventMessage>): Promise<void> {
  try {
    const text = textOf(message.body)
    await deps.db.run(sql`
      INSERT INTO ${deadLetteredEvents} (id, message, parked_at)
      SELECT ${message.id}, ${text}, ${deps.now}
      WHERE ${text} ->> 'subject' IS NULL
        OR EXISTS (SELECT 1 FROM ${users} WHERE ${users.subject} = ${text} ->> 'subject')
      ON CONFLICT (id) DO NOTHING`)
    message.ack()
  } catch {
    retryLater(message)
  }
}

/** The message as it is stored in `parked_events`. It may be malformed in any way. */
function textOf(body: EventMessage): string {
  const data: unknown = typeof body === 'object' && body !== null ? body.data : null
  if (typeof data !== 'object' || data === null) return JSON.stringify(body)
  return JSON.stringify({ ...body, data: withoutSessionIds(data) })
}
