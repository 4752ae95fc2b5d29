/**
 * Lists the audit log in pages: the whole log for system admins, one user's events for admins who
 * manage users, and their own events for every user. When an admin views a person's events, that is
 * recorded before anything is returned. Such audited reads are left out of lists unless they are
 * asked for.
 */
import { eq, sql } from 'drizzle-orm'
import { type AuditEntry, commit } from '../commit/commit'
import type { Actor, Deps, Principal } from '../context'
import { runBatch } from '../db/batch'
import { onReplica } from '../db/replica'
import { DomainError } from '../errors'
import {
  cursorField,
  MAX_EXACT_TOTAL,
  type ListPage,
  type Position,
  toListPage,
} from '../http/list-page'
import { users } from '../tables/users'
import { addressHmacs } from './address-hmac'
import {
  countEvents,
  type EventFilter,
  type EventRow,
  findEvents,
  dropsViews,
  isIndexedByName,
} from './event-query'
import { type AuditEvent, type OwnEvent, toAuditEvent, toOwnEvent } from './event-view'
import { VIEWS } from './merged-events'

const PAGE_SIZE = 50

/** The position from which a list of events continues: an event's id. */
export const eventCursor = cursorField(
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
)

/** An admin's filter. */
export type SearchFilter = Omit<EventFilter, 'targetId' | 'address'> & {
  readonly targetId?: number | undefined
  /**
   * A canonical address: finds failed sign-ins at it, and what its account did and was affected by.
   */
  readonly emailKey?: string | undefined
}

/**
 * Looks up the filter's address. Also returns each user that the filter names, once, for the
 * audited read: null for an address without an account.
 */
export async function resolveFilter(
  deps: Deps,
  { emailKey, ...filter }: SearchFilter,
): Promise<{ filter: EventFilter; persons: (number | null)[] }> {
  const { actorId, targetId } = filter
  if (emailKey === undefined) {
    const persons = new Set([actorId, targetId].filter((id) => id !== undefined))
    return { filter, persons: [...persons] }
  }
  const [account] = await deps.db
    .select({ id: users.id })
    .from(users)
    .where(eq(users.emailKey, emailKey))
  const hmacs = await addressHmacs(deps.config, [emailKey])
  return {
    filter: { ...filter, address: { hmacs, userId: account?.id } },
    persons: [account?.id ?? null],
  }
}

/**
 * Finds events by actor, target, address, action and time. Records an audited read for each user
 * named.
 */
export async function searchEvents(
  deps: Deps,
  actor: Actor,
  asked: SearchFilter,
  from: Position | undefined,
): Promise<ListPage<AuditEvent>> {
  const { filter, persons } = await resolveFilter(deps, asked)
  if (persons.length > 0) {
    await commit(deps, { change: [], audit: persons.map((id) => viewed(actor, id)) })
  }
  return listEvents(onReplica(deps), filter, from, toAuditEvent)
}

/** Lists the events about one user, and records the view. Throws `not_found`. */
export async function listUserActivity(
  deps: Deps,
  actor: Actor,
  userId: number,
  from: Position | undefined,
  withViews = false,
): Promise<ListPage<AuditEvent>> {
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
  return listEvents(onReplica(deps), { targetId: userId, withViews }, from, toAuditEvent)
}

/**
 * Lists the events about the user who asks, including views by admins. Looks the user up by
 * subject, because an id may be reused after a restore.
 */
export const listOwnActivity = (
  deps: Deps,
  principal: Principal,
  from: Position | undefined,
): Promise<ListPage<OwnEvent>> => {
  const targetId = sql`(SELECT ${users.id} FROM ${users} WHERE ${users.subject} = ${principal.subject})`
  return listEvents(deps, { targetId, withViews: true }, from, toOwnEvent)
}

const viewed = (actor: Actor, userId: number | null): AuditEntry => ({
  event: 'admin.user_activity_viewed',
  actor: { subject: actor.subject },
  target: userId,
  data: {},
})

/**
 * The steps for reading a page without views, until it is full. The first reads as if there were no
 * views. The next ones read by name, which skips most views. A user who is viewed very often may
 * still get a short page.
 */
const STEPS = [
  { limit: PAGE_SIZE + 1, isByName: false },
  { limit: PAGE_SIZE + 1, isByName: true },
  { limit: 750, isByName: true },
] as const
const MOST_COUNTED = MAX_EXACT_TOTAL + 1

async function listEvents<T extends { id: string }>(
  source: Pick<Deps, 'd1'>,
  filter: EventFilter,
  from: Position | undefined,
  view: (row: EventRow) => T,
): Promise<ListPage<T>> {
  const rows: EventRow[] = []
  let counted: Counted = { n: 0, scanned: 0 }
  let resumeAfter = from?.after
  for (const [step, { limit, isByName }] of STEPS.entries()) {
    // Count again by name if the first count included views and did not reach the end.
    const isCountedAgain = step === 1 && isPartial(counted) && isIndexedByName(filter)
    const isCounting = !from && (step === 0 || isCountedAgain)
    const [found, count] = await runBatch(source, [
      findEvents(filter, { before: resumeAfter, limit, isByName }),
      ...(isCounting ? [countEvents(filter, { limit: MOST_COUNTED, isByName })] : []),
    ])
    counted = (count?.results as Counted[] | undefined)?.[0] ?? counted
    const read = (found?.results ?? []) as EventRow[]
    rows.push(...read.filter(({ event }) => !dropsViews(filter) || !VIEWS.has(event)))
    resumeAfter = read.length < limit ? undefined : read.at(-1)?.id
    if (rows.length > PAGE_SIZE || resumeAfter === undefined) break
  }
  return toListPage(rows.map(view), {
    size: PAGE_SIZE,
    from,
    counted: counted.n,
    isPartial: isPartial(counted),
    resumeAfter,
    keyOf: (event) => event.id,
  })
}

interface Counted {
  readonly n: number
  readonly scanned: number
}

const isPartial = ({ n, scanned }: Counted): boolean => scanned >= MOST_COUNTED && n < scanned
