/**
 * Translates a filter into the SQL that finds its events, newest first. Each filter is one range of
 * one index, or a few that are merged, in the order of ids, which is chronological. The rows read
 * are about as many as the rows shown, however long the log is. Each range names its index, so that
 * the query planner cannot choose another.
 */
import { type SQL, sql } from 'drizzle-orm'
import { idsFrom } from '../event-id'
import type { EventName } from '../events'
import { ACT_NAMES, IS_NO_VIEW, mergedByName, unionOf } from './merged-events'

export interface EventFilter {
  /** Who acted. */
  readonly actorId?: number | undefined
  /** Who was affected; an expression if only the query can determine it. */
  readonly targetId?: number | SQL | undefined
  readonly action?: EventName | undefined
  /**
   * An address: its HMACs in failed sign-ins, and the account that has it. Excludes `actorId` and
   * `targetId`.
   */
  readonly address?:
    | { readonly hmacs: readonly string[]; readonly userId: number | undefined }
    | undefined
  /** Includes audited reads by admins, which are left out unless an action names them. */
  readonly withViews?: boolean | undefined
  /** Milliseconds, inclusive. */
  readonly from?: number | undefined
  /** Milliseconds, exclusive. */
  readonly to?: number | undefined
}

/** A row as these queries return it. */
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
  readonly forwarded_by: string | null
}

interface Range {
  readonly table: SQL
  readonly where: SQL
  /** An index of the same events by name, where there is one. It can skip views. */
  readonly byName?: SQL
}

/** Most of a user's events. The others are few and have an index of their own. */
const EVERYDAY: ReadonlySet<EventName> = new Set([
  'auth.signed_in',
  'auth.sessions_ended',
  'user.active',
])
// These must match the conditions of the partial indexes word for word.
const NOT_EVERYDAY = sql.raw(`event NOT IN (${[...EVERYDAY].map((name) => `'${name}'`).join()})`)
const TO_ANOTHER = sql`actor_id IS NOT target_id AND actor_id IS NOT NULL`

const by = (index: string): SQL => sql.raw(`audit_log INDEXED BY ${index}`)

function rangesOf({ actorId, targetId, action, address }: EventFilter): Range[] {
  if (address !== undefined) {
    const { hmacs, userId } = address
    const failures = action === undefined || action === FAILED ? hmacs.map(failedAt) : []
    if (userId === undefined || action === FAILED) return failures
    return [...failures, aboutTarget(userId, action), toOthers(userId, action)]
  }
  if (actorId === undefined) {
    if (targetId !== undefined) return [aboutTarget(targetId, action)]
    return action === undefined
      ? [{ table: sql`audit_log NOT INDEXED`, where: sql`1`, byName: by('audit_log_event') }]
      : [{ table: by('audit_log_event'), where: sql`event = ${action}` }]
  }
  if (targetId === undefined) return [toOthers(actorId, action), toThemselves(actorId, action)]
  return [
    actorId === targetId ? toThemselves(actorId, action) : toAnother(actorId, targetId, action),
  ]
}

/** Whether views must be filtered out of what a filter's ranges return. */
export const dropsViews = ({ action, withViews }: EventFilter): boolean =>
  action === undefined && withViews !== true

const FAILED: EventName = 'auth.sign_in_failed'

const failedAt = (hmac: string): Range => ({
  table: by('audit_log_failed_address'),
  where: sql`event = 'auth.sign_in_failed' AND data ->> 'address' = ${hmac}`,
})

const named = (action: EventName | undefined): SQL =>
  action === undefined ? sql`1` : sql`event = ${action}`

function aboutTarget(targetId: number | SQL, action: EventName | undefined): Range {
  const where = sql`target_id = ${targetId} AND ${named(action)}`
  return action === undefined || EVERYDAY.has(action)
    ? { table: by('audit_log_target'), where }
    : { table: by('audit_log_target_event'), where: sql`${where} AND ${NOT_EVERYDAY}` }
}

/** A user's actions on themselves are found by target. */
function toThemselves(actorId: number, action: EventName | undefined): Range {
  const { table, where } = aboutTarget(actorId, action)
  return { table, where: sql`${where} AND actor_id = ${actorId}` }
}

const toOthers = (actorId: number, action: EventName | undefined): Range => ({
  table: by(action === undefined ? 'audit_log_actor' : 'audit_log_actor_event'),
  where: sql`actor_id = ${actorId} AND ${TO_ANOTHER} AND ${named(action)}`,
  ...(action === undefined && { byName: by('audit_log_actor_event') }),
})

function toAnother(actorId: number, targetId: number | SQL, action: EventName | undefined): Range {
  if (action === undefined || EVERYDAY.has(action)) {
    const where = sql`actor_id = ${actorId} AND target_id = ${targetId} AND ${TO_ANOTHER}`
    return { table: by('audit_log_actor_target'), where: sql`${where} AND ${named(action)}` }
  }
  const { table, where } = aboutTarget(targetId, action)
  return { table, where: sql`${where} AND actor_id = ${actorId}` }
}

/** Sorts after every id, because ids are hexadecimal. */
const NO_END = 'g'

/** The range of ids that a filter's time allows: from `start` (inclusive) to `end` (exclusive). */
function boundsOf({ from, to }: EventFilter, before: string = NO_END) {
  const end = to === undefined ? NO_END : idsFrom(to)
  return {
    start: from === undefined ? '' : idsFrom(from),
    end: before < end ? before : end,
  }
}

function between(filter: EventFilter, before?: string): SQL {
  const { start, end } = boundsOf(filter, before)
  return sql`id < ${end} AND id >= ${start}`
}

const COLUMNS = sql`id, at, event, actor_id, target_id, ip, country, user_agent, data, api_key_id, forwarded_by`
const NOTHING: Range = { table: sql`audit_log`, where: sql`0` }

/** Whether an index can skip views in some of the filter's ranges. */
export const isIndexedByName = (filter: EventFilter): boolean =>
  rangesOf(filter).some(({ byName }) => byName !== undefined)

interface EventPage {
  readonly before?: string | undefined
  readonly limit: number
  /** Skips views wherever an index can. Costs more per event, so it is for logs with many views. */
  readonly isByName?: boolean
}

/**
 * Finds up to `limit` events, newest first, older than the id `before`. May include views: see
 * dropsViews.
 */
export function findEvents(filter: EventFilter, { before, limit, isByName }: EventPage): SQL {
  const parts = orNothing(rangesOf(filter)).map(({ table, where, byName }) => {
    if (isByName !== true || byName === undefined) {
      return sql`SELECT ${COLUMNS} FROM ${table} WHERE ${where} AND ${between(filter, before)}`
    }
    const ids = mergedByName({ table: byName, where }, boundsOf(filter, before), limit)
    return sql`SELECT ${COLUMNS} FROM audit_log WHERE id IN (${ids})`
  })
  return unionOf(parts, limit)
}

/**
 * Counts a filter's events as `n`, without views if the filter drops them. Reads at most `limit`
 * events.
 */
export function countEvents(
  filter: EventFilter,
  { limit, isByName }: Omit<EventPage, 'before'>,
): SQL {
  const parts = orNothing(rangesOf(filter)).map(({ table, where, byName }) =>
    isByName === true && byName !== undefined
      ? sql`SELECT event FROM (SELECT value AS name FROM json_each(${JSON.stringify(ACT_NAMES)}))
          CROSS JOIN ${byName} ON event = name AND ${where} AND ${between(filter)}`
      : sql`SELECT event FROM ${table} WHERE ${where} AND ${between(filter)}`,
  )
  return sql`
    SELECT count(*) AS scanned,
      count(*) FILTER (WHERE ${dropsViews(filter) ? IS_NO_VIEW : sql`1`}) AS n
    FROM (${unionOf(parts, limit, 'any order')})`
}

const orNothing = (ranges: readonly Range[]): readonly Range[] =>
  ranges.length > 0 ? ranges : [NOTHING]

/**
 * Counts a user's failed sign-ins as `n`, up to `limit`: those at the addresses, and wrong second
 * factors.
 */
export const countFailures = (
  of: { userId: number; addresses: readonly string[]; since: number },
  limit: number,
): SQL => sql`
  SELECT count(*) AS n FROM (
    SELECT failed.id FROM json_each(${JSON.stringify(of.addresses)}) AS typed
    CROSS JOIN audit_log AS failed INDEXED BY audit_log_failed_address
      ON failed.event = 'auth.sign_in_failed' AND failed.data ->> 'address' = typed.value
        AND failed.id >= ${idsFrom(of.since)}
    UNION ALL
    SELECT id FROM audit_log INDEXED BY audit_log_target_event
    WHERE target_id = ${of.userId} AND event = 'auth.second_factor_failed' AND ${NOT_EVERYDAY}
      AND id >= ${idsFrom(of.since)}
    LIMIT ${limit})`
