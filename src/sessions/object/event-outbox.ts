/**
 * The object's own outbox. An event is stored in the same transaction as the change that it records.
 * The object sends it to the events queue, and retries by alarm until the queue has accepted it. The
 * event's id is the primary key of its audit row, so a second delivery changes nothing.
 */
import { notificationFor } from '../../audit/notification-for'
import { eventId } from '../../event-id'
import type { EventData, EventMessage, QueuedEventName } from '../../events'
import type { Device } from '../session-types'
import { NotificationBudget } from './notification-budget'

const FIRST_RETRY_MS = 5_000
const MAX_RETRY_MS = 15 * 60_000
/** The queue accepts at most 100 messages and 256 KB in a batch. */
const BATCH = 50

export class EventOutbox {
  readonly #sql: SqlStorage
  readonly #notifications: NotificationBudget
  #failures = 0
  #delivery: Promise<void> | null = null

  constructor(
    ctx: DurableObjectState,
    private readonly queue: Queue<EventMessage>,
  ) {
    this.#sql = ctx.storage.sql
    this.#notifications = new NotificationBudget(this.#sql)
  }

  add<E extends QueuedEventName>(
    event: E,
    subject: string | null,
    device: Device,
    data: EventData[E],
  ): void {
    const at = Date.now()
    const id = eventId(at)
    const { ip, country, userAgent: user_agent, forwardedBy: forwarded_by } = device
    const requestMetadata = { ip, country, user_agent, ...(forwarded_by && { forwarded_by }) }
    const message = { id, at, event, subject, ...requestMetadata, data } as EventMessage
    const notification = notificationFor(message)
    if (notification && !this.#notifications.take(notification, at)) message.is_quiet = true
    this.#sql.exec('INSERT INTO events (message) VALUES (?)', JSON.stringify(message))
  }

  /** Sends the stored events. Never throws: what the queue refuses stays, and the alarm retries. */
  deliver(): Promise<void> {
    this.#delivery ??= this.#deliverAll().finally(() => {
      this.#delivery = null
    })
    return this.#delivery
  }

  async #deliverAll(): Promise<void> {
    try {
      for (;;) {
        const rows = this.#next()
        if (rows.length === 0) return
        await this.queue.sendBatch(
          rows.map((row) => ({ body: JSON.parse(row.message) as EventMessage })),
        )
        for (const { seq } of rows) this.#sql.exec('DELETE FROM events WHERE seq = ?', seq)
        this.#failures = 0
      }
    } catch {
      this.#failures += 1
    }
  }

  /**
   * For an erasure: deletes the events that have not been sent, and the counts of mails. The ends of apps'
   * sessions stay, because the apps must be notified of them, but no longer say who the user was.
   */
  clear(): void {
    this.#sql.exec("DELETE FROM events WHERE message ->> '$.event' <> 'app.signed_out'")
    this.#sql.exec(
      `UPDATE events SET message = json_set(message, '$.subject', NULL, '$.ip', NULL, '$.country', NULL,
        '$.user_agent', NULL)`,
    )
    this.#notifications.erase()
  }

  dropExpired(now: number): void {
    this.#notifications.dropExpired(now)
  }

  /** When to try again, in milliseconds since the epoch; infinity when no event is stored. */
  retryAt(): number {
    if (this.#next(1).length === 0) return Number.POSITIVE_INFINITY
    return Date.now() + Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures)
  }

  #next(limit = BATCH): { seq: number; message: string }[] {
    return this.#sql
      .exec<{ seq: number; message: string }>(
        'SELECT seq, message FROM events ORDER BY seq LIMIT ?',
        limit,
      )
      .toArray()
  }
}
