/**
 * From a filter to the SQL that finds its events, newest first. Each filter is one range of one
 * index, or two that are merged, in the order of ids, which is the order in time: so what is read is
 * about what is shown, however long the log. Each range names its index; no guess can choose another.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { EventName } from '../events'

export interface EventFilter {
  /** Who did it. */
  readonly actorId?: number | undefined
  /** To whom it happened; an expression where only the query will know. */
  readonly targetId?: number | SQL | undefined
  readonly action?: EventName | undefined
  /** Milliseconds, inclusive. */
  readonly from?: number | undefined
  /** Milliseconds, exclusive. */
  readonly to?: number | undefined
}

/** A row as the queries here return it. */
export interface EventRow {
  readonly id: string
  readonly at: number
  readonly event: EventName
  readonly actor_id: number | null
  readonly target_id: number | null
  readonly ip: string | null
  readonly country: string | null
  readonly user_agent: string | null
  readonly data: string
  readonly api_key_id: string | null
}

interface Range {
  readonly table: SQL
  readonly where: SQL
}

/** Most of a user's events: what few others there are stand in an index of their own. */
const EVERYDAY: ReadonlySet<EventName> = new Set([
  'auth.signed_in',
  'auth.sessions_ended',
  'user.active',
])
// Word for word the conditions of the partial indexes.
const NOT_EVERYDAY = sql.raw(`event NOT IN (${[...EVERYDAY].map((name) => `'${name}'`).join()})`)
const TO_ANOTHER = sql`actor_id IS NOT target_id AND actor_id IS NOT NULL`

const by = (index: string): SQL => sql.raw(`audit_log INDEXED BY ${index}`)

function rangesOf({ actorId, targetId, action }: EventFilter): Range[] {
  if (actorId === undefined) {
    if (targetId !== undefined) return [aboutTarget(targetId, action)]
    return action === undefined
      ? [{ table: sql`audit_log NOT INDEXED`, where: sql`1` }]
      : [{ table: by('audit_log_event'), where: sql`event = ${action}` }]
  }
  if (targetId === undefined) return [toOthers(actorId, action), toHimself(actorId, action)]
  return [actorId === targetId ? toHimself(actorId, action) : toAnother(actorId, targetId, action)]
}

const named = (action: EventName | undefined): SQL =>
  action === undefined ? sql`1` : sql`event = ${action}`

function aboutTarget(targetId: number | SQL, action: EventName | undefined): Range {
  const where = sql`target_id = ${targetId} AND ${named(action)}`
  return action === undefined || EVERYDAY.has(action)
    ? { table: by('audit_log_target'), where }
    : { table: by('audit_log_target_event'), where: sql`${where} AND ${NOT_EVERYDAY}` }
}

/** What someone did to himself is found by target. */
function toHimself(actorId: number, action: EventName | undefined): Range {
  const { table, where } = aboutTarget(actorId, action)
  return { table, where: sql`${where} AND actor_id = ${actorId}` }
}

const toOthers = (actorId: number, action: EventName | undefined): Range => ({
  table: by(action === undefined ? 'audit_log_actor' : 'audit_log_actor_event'),
  where: sql`actor_id = ${actorId} AND ${TO_ANOTHER} AND ${named(action)}`,
})

function toAnother(actorId: number, targetId: number | SQL, action: EventName | undefined): Range {
  if (action === undefined || EVERYDAY.has(action)) {
    const where = sql`actor_id = ${actorId} AND target_id = ${targetId} AND ${TO_ANOTHER}`
    return { table: by('audit_log_actor_target'), where: sql`${where} AND ${named(action)}` }
  }
  const { table, where } = aboutTarget(targetId, action)
  return { table, where: sql`${where} AND actor_id = ${actorId}` }
}

const HEX_OF_48_BITS = 12

/** What the ids of a millisecond begin with: a bound below them all (RFC 9562 section 5.7). */
function idsFrom(ms: number): string {
  const hex = Math.min(Math.max(0, ms), 2 ** 48 - 1)
    .toString(16)
    .padStart(HEX_OF_48_BITS, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}`
}

/** Above every id, as ids are hexadecimal. */
const NO_END = 'g'

function between({ from, to }: EventFilter, before: string = NO_END): SQL {
  const end = to === undefined ? NO_END : idsFrom(to)
  const start = from === undefined ? '' : idsFrom(from)
  return sql`id < ${before < end ? before : end} AND id >= ${start}`
}

const union = (parts: readonly SQL[]): SQL => sql.join([...parts], sql` UNION ALL `)

/** Finds up to `limit` events, newest first, older than the id `before`. */
export function findEvents(
  filter: EventFilter,
  page: { before?: string | undefined; limit: number },
): SQL {
  const parts = rangesOf(filter).map(
    ({ table, where }) => sql`
      SELECT id, at, event, actor_id, target_id, ip, country, user_agent, data, api_key_id
      FROM ${table} WHERE ${where} AND ${between(filter, page.before)}`,
  )
  return sql`${union(parts)} ORDER BY id DESC LIMIT ${page.limit}`
}

/** Counts a filter's events as `n`, up to `limit` and no further. */
export function countEvents(filter: EventFilter, limit: number): SQL {
  const parts = rangesOf(filter).map(
    ({ table, where }) => sql`SELECT 1 FROM ${table} WHERE ${where} AND ${between(filter)}`,
  )
  return sql`SELECT count(*) AS n FROM (${union(parts)} LIMIT ${limit})`
}
