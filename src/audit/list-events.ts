/**
 * The audit log in pages: all of it for those who run the system, one user's for those who look
 * after users, and his own for everybody. An admin who looks at one person leaves an event, written
 * before anything is shown.
 */
import { sql } from 'drizzle-orm'
import type { Actor, Deps, Principal } from '../context'
import { runBatch } from '../db/batch'
import { type AuditEntry, commit } from '../db/commit'
import { onReplica } from '../db/replica'
import { DomainError } from '../errors'
import { cursorField, MAX_EXACT_TOTAL, type Page, type Position, toPage } from '../http/page'
import { users } from '../users/schema'
import { countEvents, type EventFilter, type EventRow, findEvents } from './event-query'
import { type AuditEvent, type OwnEvent, toAuditEvent, toOwnEvent } from './event-view'

const PAGE_SIZE = 50

/** Where a list of events goes on: at an event's id. */
export const eventCursor = cursorField(
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
)

/** An admin's filter: its persons are known. */
export type SearchFilter = EventFilter & { readonly targetId?: number | undefined }

/** Each person that a filter names, once. */
export const personsIn = ({ actorId, targetId }: SearchFilter): number[] => [
  ...new Set([actorId, targetId].filter((id) => id !== undefined)),
]

/** Events by actor, target, action and time. Looking for a person is recorded, of each one named. */
export async function searchEvents(
  deps: Deps,
  actor: Actor,
  filter: SearchFilter,
  from: Position | undefined,
): Promise<Page<AuditEvent>> {
  const persons = personsIn(filter)
  if (persons.length > 0) {
    await commit(deps, { change: [], audit: persons.map((id) => viewed(actor, id)) })
  }
  return listEvents(onReplica(deps), filter, from, toAuditEvent)
}

/** What happened to one user; that it was looked at is recorded. Throws `not_found`. */
export async function listUserActivity(
  deps: Deps,
  actor: Actor,
  userId: number,
  from: Position | undefined,
): Promise<Page<AuditEvent>> {
  await commit(deps, {
    preconditions: [
      {
        name: 'user_exists',
        holds: sql`EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${userId})`,
        otherwise: new DomainError('not_found', { detail: 'User not found' }),
      },
    ],
    change: [],
    audit: [viewed(actor, userId)],
  })
  return listEvents(onReplica(deps), { targetId: userId }, from, toAuditEvent)
}

/** What happened to the one who asks: found by subject, as a restore may hand out his id again. */
export const listOwnActivity = (
  deps: Deps,
  principal: Principal,
  from: Position | undefined,
): Promise<Page<OwnEvent>> => {
  const targetId = sql`(SELECT ${users.id} FROM ${users} WHERE ${users.subject} = ${principal.subject})`
  return listEvents(deps, { targetId }, from, toOwnEvent)
}

const viewed = (actor: Actor, userId: number): AuditEntry => ({
  event: 'admin.user_activity_viewed',
  actor: { subject: actor.subject },
  target: userId,
  data: {},
})

async function listEvents<T extends { id: string }>(
  source: Pick<Deps, 'd1'>,
  filter: EventFilter,
  from: Position | undefined,
  view: (row: EventRow) => T,
): Promise<Page<T>> {
  const [found, count] = await runBatch(source, [
    findEvents(filter, { before: from?.after, limit: PAGE_SIZE + 1 }),
    ...(from ? [] : [countEvents(filter, MAX_EXACT_TOTAL + 1)]),
  ])
  const rows = (found?.results ?? []) as EventRow[]
  const [total] = (count?.results ?? []) as { n: number }[]
  return toPage(rows.map(view), {
    size: PAGE_SIZE,
    from,
    counted: total?.n ?? 0,
    keyOf: (event) => event.id,
  })
}
