/**
 * The only way to change D1: preconditions, the change, its audit rows and its outbox rows in one
 * batch (one transaction), then a notification for the outbox. Everything is written or nothing is.
 * A precondition that no longer holds aborts the batch with its own error. Pending effects are
 * stored before the caller gets a response.
 */
import { eq, type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { runBatch, type Statement } from '../db/batch'
import { failedPrecondition } from '../db/faults'
import { DomainError, type ErrorCode } from '../errors'
import { eventId } from '../event-id'
import type { EventData, EventName } from '../events'
import { log } from '../log'
import { auditLog } from '../tables/audit'
import { PARTITIONS, outbox } from '../tables/outbox'
import { users } from '../tables/users'

export interface Precondition {
  /** Lower-case letters and underscores; unique within its batch. */
  readonly name: string
  /** An SQL expression that is 1 if the change may be made. */
  readonly holds: SQL
  /** The error to throw if it does not hold; 'unchanged' if there is simply nothing left to do. */
  readonly otherwise: ErrorCode | DomainError | 'unchanged'
}

/** A user by id, or by subject or address if the id is known only inside the batch. */
export type UserRef = number | { subject: string } | { emailKey: string } | null

export type AuditEntry = {
  [E in EventName]: {
    event: E
    actor: UserRef
    target: UserRef
    data: EventData[E]
    /** JSON that is merged into `data`, from the rows as they are at this point of the batch. */
    computed?: SQL
    onlyIf?: SQL
  }
}[EventName]

export interface OutboxEntry {
  readonly id?: string
  readonly kind: string
  readonly subject: string | SQL | null
  readonly payload: Record<string, unknown>
  /** The outbox makes no attempt before this time (ms), because the writer makes the first one. */
  readonly notBefore?: number
  /** The row is written only if this holds at this point of the batch. */
  readonly onlyIf?: SQL
}

export interface Change {
  readonly preconditions?: readonly Precondition[]
  readonly change: readonly Statement[]
  readonly audit: readonly AuditEntry[]
  /** Run after the audit rows, so that these can record what the statements are about to change. */
  readonly after?: readonly Statement[]
  readonly outbox?: readonly OutboxEntry[]
}

/**
 * Commits a change. Returns false if a precondition answered 'unchanged', otherwise true. Throws
 * the precondition's DomainError, or D1's own error with nothing written.
 */
export async function commit(deps: Deps, change: Change): Promise<boolean> {
  const entries = (change.outbox ?? []).map((entry) => ({ id: randomId(), ...entry }))
  const statements = [
    ...(change.preconditions ?? []).map(preconditionStatement),
    ...change.change,
    ...change.audit.map((entry) => auditStatement(deps, entry)),
    ...(change.after ?? []),
    ...entries.map((entry) => outboxStatement(deps, entry)),
    pendingWebhooks(deps.now),
  ]
  let results: D1Result[]
  try {
    results = await runBatch(deps, statements)
  } catch (error) {
    const name = failedPrecondition(error)
    const failed = change.preconditions?.find((condition) => condition.name === name)
    if (!failed) throw error
    if (failed.otherwise === 'unchanged') return false
    throw failed.otherwise instanceof DomainError
      ? failed.otherwise
      : new DomainError(failed.otherwise)
  }
  notifyOutbox(
    deps,
    entries.filter((entry) => entry.notBefore === undefined).map((entry) => entry.id),
  )
  if (hasPendingWebhooks(results.at(-1))) notifyWebhooks(deps)
  return true
}

/** Notifies the consumer that these rows are due. The cron job makes up for a lost notification. */
export function notifyOutbox(deps: Deps, ids: readonly string[], delaySeconds = 0): void {
  if (ids.length === 0) return
  // Asynchronous from the start: a queue that throws must not fail a committed change.
  const send = async () =>
    deps.env.OUTBOX_QUEUE.sendBatch(
      ids.map((id) => ({ body: { id } })),
      { delaySeconds },
    )
  deps.waitUntil(send().catch(() => log.warn('outbox_wake_up_lost', deps)))
}

/**
 * For the end of a batch that writes to the audit log: whether a trigger left webhooks to deliver.
 * Reads at most one row, and none if there are no endpoints.
 */
export const pendingWebhooks = (now: number): Statement =>
  sql`SELECT 1 FROM ${PARTITIONS.webhooks} AND next_attempt_at <= ${now} LIMIT 1`

export const hasPendingWebhooks = (result: D1Result | undefined): boolean =>
  (result?.results.length ?? 0) > 0

/** Notifies the webhook consumer that deliveries are due. A lost notification is harmless too. */
export function notifyWebhooks(deps: Deps, delaySeconds = 0): void {
  const send = async () => deps.env.WEBHOOKS_QUEUE.send({}, { delaySeconds })
  deps.waitUntil(send().catch(() => log.warn('webhooks_wake_up_lost', deps)))
}

const preconditionStatement = ({ name, holds }: Precondition): Statement =>
  sql`INSERT INTO precondition (name, ok) VALUES (${name}, (${holds}))`

function idOf(ref: UserRef): SQL {
  if (ref === null || typeof ref === 'number') return sql`${ref}`
  const isUser =
    'subject' in ref ? eq(users.subject, ref.subject) : eq(users.emailKey, ref.emailKey)
  return sql`(SELECT ${users.id} FROM ${users} WHERE ${isUser})`
}

function auditStatement(deps: Deps, entry: AuditEntry): Statement {
  const { ip, country, userAgent, forwardedBy = null } = deps.client
  const data = sql`${JSON.stringify(entry.data)}`
  return sql`
    INSERT INTO ${auditLog} (id, at, event, actor_id, target_id, ip, country, user_agent, data, api_key_id, forwarded_by)
    SELECT ${eventId(deps.now)}, ${deps.now}, ${entry.event}, ${idOf(entry.actor)}, ${idOf(entry.target)},
      ${ip}, ${country}, ${userAgent}, ${entry.computed ? sql`json_patch(${data}, ${entry.computed})` : data}, ${deps.apiKeyId}, ${forwardedBy}
    WHERE ${entry.onlyIf ?? sql`1`}`
}

const outboxStatement = (deps: Deps, entry: OutboxEntry & { id: string }): Statement =>
  sql`
    INSERT INTO ${outbox} (id, kind, subject, payload, next_attempt_at, created_at)
    SELECT ${entry.id}, ${entry.kind}, ${entry.subject}, ${JSON.stringify(entry.payload)},
      ${entry.notBefore ?? deps.now}, ${deps.now}
    WHERE ${entry.onlyIf ?? sql`1`}`
