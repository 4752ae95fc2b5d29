/**
 * The one way to change D1: preconditions, the change, its audit rows and its outbox rows in a single
 * batch (one transaction), then a wake-up for the outbox. Either all of it happened or none, a
 * condition that no longer holds aborts everything with an answer of its own, and what the change
 * owes the world is stored before anyone is told of success.
 */
import { eq, type SQL, sql } from 'drizzle-orm'
import { auditLog } from '../tables/audit'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { DomainError, type ErrorCode } from '../errors'
import { eventId } from '../event-id'
import type { EventData, EventName } from '../events'
import { LANES, outbox } from '../tables/outbox'
import { users } from '../tables/users'
import { runBatch, type Statement } from '../db/batch'
import { failedPrecondition } from '../db/faults'
import { log } from '../log'

export interface Precondition {
  /** Lower-case letters and underscores; unique within its batch. */
  readonly name: string
  /** An SQL expression that is 1 when the change may go on. */
  readonly holds: SQL
  /** What to tell the caller; 'unchanged' when there was simply nothing left to do. */
  readonly otherwise: ErrorCode | DomainError | 'unchanged'
}

/** A user by id; or by subject or address where only the batch itself will know the id. */
export type UserRef = number | { subject: string } | { emailKey: string } | null

export type AuditEntry = {
  [E in EventName]: {
    event: E
    actor: UserRef
    target: UserRef
    data: EventData[E]
    /** JSON that is merged into `data`, of rows as they are when its turn in the batch comes. */
    computed?: SQL
    onlyIf?: SQL
  }
}[EventName]

export interface OutboxEntry {
  readonly id?: string
  readonly kind: string
  readonly subject: string | SQL | null
  readonly payload: Record<string, unknown>
  /** Attempts before this instant are left to whoever wrote the row. */
  readonly notBefore?: number
  /** The row is written only if this holds when its turn in the batch comes. */
  readonly onlyIf?: SQL
}

export interface Change {
  readonly preconditions?: readonly Precondition[]
  readonly change: readonly Statement[]
  readonly audit: readonly AuditEntry[]
  /** Run behind the audit rows, which can so tell of what these statements are about to change. */
  readonly after?: readonly Statement[]
  readonly outbox?: readonly OutboxEntry[]
}

/**
 * Commits a change. Returns false when a precondition said 'unchanged', true otherwise; throws the
 * precondition's DomainError, or D1's own error with nothing written.
 */
export async function commit(deps: Deps, change: Change): Promise<boolean> {
  const entries = (change.outbox ?? []).map((entry) => ({ id: randomId(), ...entry }))
  const statements = [
    ...(change.preconditions ?? []).map(preconditionStatement),
    ...change.change,
    ...change.audit.map((entry) => auditStatement(deps, entry)),
    ...(change.after ?? []),
    ...entries.map((entry) => outboxStatement(deps, entry)),
    owedWebhooks(deps.now),
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
  wakeOutbox(
    deps,
    entries.filter((entry) => entry.notBefore === undefined).map((entry) => entry.id),
  )
  if (isOwed(results.at(-1))) wakeWebhooks(deps)
  return true
}

/** Tells the consumer that these rows are due. A lost wake-up is made up for by the cron. */
export function wakeOutbox(deps: Deps, ids: readonly string[], delaySeconds = 0): void {
  if (ids.length === 0) return
  // Asynchronous from the start: a queue that throws must not fail a change that is committed.
  const send = async () =>
    deps.env.OUTBOX_QUEUE.sendBatch(
      ids.map((id) => ({ body: { id } })),
      { delaySeconds },
    )
  deps.waitUntil(send().catch(() => log.warn('outbox_wake_up_lost', deps)))
}

/**
 * At the end of a batch that writes to the log: whether its trigger left webhooks to deliver. Reads one
 * row at most, and none where there are no endpoints.
 */
export const owedWebhooks = (now: number): Statement =>
  sql`SELECT 1 FROM ${LANES.webhooks} AND next_attempt_at <= ${now} LIMIT 1`

export const isOwed = (result: D1Result | undefined): boolean => (result?.results.length ?? 0) > 0

/** Tells the webhooks' consumer that some are due. Losing it loses nothing, as above. */
export function wakeWebhooks(deps: Deps, delaySeconds = 0): void {
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
  const { ip, country, userAgent } = deps.client
  const data = sql`${JSON.stringify(entry.data)}`
  return sql`
    INSERT INTO ${auditLog} (id, at, event, actor_id, target_id, ip, country, user_agent, data, api_key_id)
    SELECT ${eventId(deps.now)}, ${deps.now}, ${entry.event}, ${idOf(entry.actor)}, ${idOf(entry.target)},
      ${ip}, ${country}, ${userAgent}, ${entry.computed ? sql`json_patch(${data}, ${entry.computed})` : data}, ${deps.apiKeyId}
    WHERE ${entry.onlyIf ?? sql`1`}`
}

const outboxStatement = (deps: Deps, entry: OutboxEntry & { id: string }): Statement =>
  sql`
    INSERT INTO ${outbox} (id, kind, subject, payload, next_attempt_at, created_at)
    SELECT ${entry.id}, ${entry.kind}, ${entry.subject}, ${JSON.stringify(entry.payload)},
      ${entry.notBefore ?? deps.now}, ${deps.now}
    WHERE ${entry.onlyIf ?? sql`1`}`
