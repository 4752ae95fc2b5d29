/**
 * The outbox for operators: pending rows, rows that failed permanently, and dead-lettered events.
 * No payload and no address is shown, only the kind of a row and the user that it belongs to.
 */
import { type SQL, sql } from 'drizzle-orm'
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import type { Deps } from '../context'
import { isEventName } from '../event-traits'
import { type ListPage, type Position, readListPage } from '../http/list-page'
import { PARTITIONS } from '../tables/outbox'
import { iso } from '../time'

export const OUTBOX_STATUSES = ['pending', 'dead', 'parked'] as const
export type OutboxStatus = (typeof OUTBOX_STATUSES)[number]

const instant = () => z.iso.datetime().nullable()
export const OutboxItem = answerSchema(() =>
  z
    .object({
      id: z.string(),
      status: z.enum(OUTBOX_STATUSES),
      kind: z.string().meta({ description: '`event` for parked items' }),
      name: z.string().nullable().meta({ description: 'The name of the email or event' }),
      user_id: z.int().nullable(),
      attempts: z.int().nullable(),
      next_attempt_at: instant(),
      last_error: z.string().nullable(),
      dead_at: instant(),
      created_at: instant(),
    })
    .meta({ id: 'OutboxItem' }),
)
export type OutboxItem = z.output<typeof OutboxItem>

const PAGE_SIZE = 50

interface Row {
  readonly id: string
  readonly kind: string
  readonly name: unknown
  readonly user_id: number | null
  readonly attempts: number | null
  readonly next_attempt_at: number | null
  readonly last_error: string | null
  readonly dead_at: number | null
  readonly created_at: unknown
  /** The sort key, together with the id. */
  readonly sorted_at: number
}

interface Listing {
  readonly columns: SQL
  /** Each is a range of one index, in the list's order. */
  readonly ranges: readonly SQL[]
  readonly sortedBy: SQL
}

const ofOutbox = sql`id, kind, coalesce(payload ->> 'mail', payload ->> 'event') AS name, subject, attempts, next_attempt_at,
  last_error, dead_at, created_at`

const LISTINGS: Readonly<Record<OutboxStatus, Listing>> = {
  pending: {
    columns: ofOutbox,
    ranges: [PARTITIONS.ours, PARTITIONS.webhooks],
    sortedBy: sql`next_attempt_at`,
  },
  dead: {
    columns: ofOutbox,
    ranges: [sql`outbox INDEXED BY outbox_dead WHERE dead_at IS NOT NULL`],
    sortedBy: sql`dead_at`,
  },
  parked: {
    columns: sql`id, 'event' AS kind, message ->> 'event' AS name, message ->> 'subject' AS subject,
      NULL AS attempts, NULL AS next_attempt_at, NULL AS last_error, parked_at AS dead_at,
      message ->> 'at' AS created_at`,
    ranges: [sql`parked_events INDEXED BY parked_events_at WHERE true`],
    sortedBy: sql`parked_at`,
  },
}

/** The content of a cursor: an instant in milliseconds and an id. */
export const OUTBOX_KEY = /^\d{1,15} [^ ]{1,100}$/
const keyOf = (row: Row): string => `${row.sorted_at} ${row.id}`

/**
 * Lists the outbox rows of one state, newest first: by the next attempt, the failure or the
 * dead-lettering.
 */
export async function listOutbox(
  deps: Deps,
  status: OutboxStatus,
  from: Position | undefined,
): Promise<ListPage<OutboxItem>> {
  const { columns, ranges, sortedBy } = LISTINGS[status]
  const [instant, id] = from?.after.split(' ') ?? []
  const after = from ? sql`AND (${sortedBy}, id) < (${Number(instant)}, ${id})` : sql``
  const pages = ranges.map(
    (range) => sql`SELECT * FROM (SELECT ${columns}, ${sortedBy} AS sorted_at FROM ${range} ${after}
      ORDER BY ${sortedBy} DESC, id DESC LIMIT ${PAGE_SIZE + 1})`,
  )
  const ones = ranges.map((range) => sql`SELECT 1 FROM ${range}`)
  const page = await readListPage(deps, {
    rows: sql`
      SELECT listed.*, (SELECT users.id FROM users WHERE users.subject = listed.subject) AS user_id
      FROM (${union(pages)}) AS listed ORDER BY sorted_at DESC, id DESC LIMIT ${PAGE_SIZE + 1}`,
    all: union(ones),
    size: PAGE_SIZE,
    from,
    keyOf,
  })
  return { ...page, items: page.items.map((row) => toItem(row, status)) }
}

const union = (parts: SQL[]): SQL => sql.join(parts, sql` UNION ALL `)

/**
 * A dead-lettered message may be malformed in any way. A value of an unexpected type is not shown.
 */
const toItem = (row: Row, status: OutboxStatus): OutboxItem => ({
  id: row.id,
  status,
  kind: row.kind,
  name: status === 'parked' && !isEventName(row.name) ? null : textOf(row.name),
  user_id: row.user_id,
  attempts: row.attempts,
  next_attempt_at: instantOf(row.next_attempt_at),
  last_error: row.last_error,
  dead_at: instantOf(row.dead_at),
  created_at: instantOf(row.created_at),
})

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

const MAX_INSTANT = 8.64e15
const instantOf = (ms: unknown): string | null =>
  typeof ms === 'number' && Math.abs(ms) <= MAX_INSTANT ? iso(ms) : null
