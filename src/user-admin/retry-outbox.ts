/**
 * Retries on an admin's request. A pending or permanently failed row gets all its attempts back and
 * is due at once, unless it is being processed right now. A dead-lettered event is sent to its
 * queue again and deleted here only after the queue has accepted it. If that sends it twice, it is
 * still logged once.
 */
import { and, eq, gt, isNotNull, or, sql } from 'drizzle-orm'
import { commit, notifyOutbox } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { DomainError } from '../errors'
import type { EventMessage } from '../events'
import { isFree } from '../outbox/perform'
import { hasPermissionNow } from '../rbac/conditions'
import { deadLetteredEvents } from '../tables/audit'
import { outbox } from '../tables/outbox'

/**
 * Retries an outbox row or a dead-lettered event, and records that. Throws `not_found`,
 * `forbidden`, `unavailable`.
 */
export async function retryOutbox(deps: Deps, actor: Actor, id: string): Promise<void> {
  const [row] = await deps.db
    .select({ id: outbox.id, kind: outbox.kind, subject: outbox.subject })
    .from(outbox)
    .where(eq(outbox.id, id))
  if (row) return retryRow(deps, actor, row)
  const [deadLettered] = await deps.db
    .select()
    .from(deadLetteredEvents)
    .where(eq(deadLetteredEvents.id, id))
  if (!deadLettered) throw new DomainError('not_found')
  return retryDeadLettered(deps, actor, deadLettered)
}

async function retryRow(
  deps: Deps,
  actor: Actor,
  row: { id: string; kind: string; subject: string | null },
): Promise<void> {
  const isWaiting = and(
    eq(outbox.id, row.id),
    isFree(deps.now),
    or(isNotNull(outbox.failedAt), gt(outbox.attempts, 0), gt(outbox.nextAttemptAt, deps.now)),
  )
  await commit(deps, {
    preconditions: [
      hasPermissionNow(actor, 'admin:system'),
      {
        name: 'waiting_in_nobodys_hands',
        holds: sql`EXISTS (SELECT 1 FROM ${outbox} WHERE ${isWaiting})`,
        otherwise: 'unchanged',
      },
    ],
    change: [
      deps.db
        .update(outbox)
        .set({ attempts: 0, nextAttemptAt: deps.now, leasedUntil: null, failedAt: null })
        .where(eq(outbox.id, row.id)),
    ],
    audit: [retried(actor, row)],
  })
  // For webhooks, the commit has already notified their own consumer.
  if (row.kind !== 'webhook') notifyOutbox(deps, [row.id])
}

async function retryDeadLettered(
  deps: Deps,
  actor: Actor,
  { id, message }: { id: string; message: string },
): Promise<void> {
  const event = JSON.parse(message) as EventMessage
  // Check the permission before sending. Once the queue has the event, the retry is recorded in any
  // case.
  await commit(deps, {
    preconditions: [hasPermissionNow(actor, 'admin:system')],
    change: [],
    audit: [],
  })
  try {
    await deps.env.EVENTS_QUEUE.send(event)
  } catch (cause) {
    throw new DomainError('unavailable', { cause })
  }
  await commit(deps, {
    preconditions: [
      {
        name: 'still_parked',
        holds: sql`EXISTS (SELECT 1 FROM ${deadLetteredEvents} WHERE ${deadLetteredEvents.id} = ${id})`,
        otherwise: 'unchanged',
      },
    ],
    change: [deps.db.delete(deadLetteredEvents).where(eq(deadLetteredEvents.id, id))],
    audit: [retried(actor, { id, kind: 'event', subject: null })],
  })
}

const retried = (
  actor: Actor,
  { id, kind, subject }: { id: string; kind: string; subject: string | null },
) => ({
  event: 'admin.outbox_retried' as const,
  actor: { subject: actor.subject },
  target: subject === null ? null : { subject },
  data: { id, kind },
})
