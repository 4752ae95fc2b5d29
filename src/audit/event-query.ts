/**
 * From a filter to the SQL that finds its events, newest first. Each filter is one range of one
 * index, or a few that are merged, in the order of ids, which is the order in time: so what is read is
 * about what is shown, however long the log. Each range names its index; no guess can choose another.
 */
import { type SQL, sql } from 'drizzle-orm'
import { idsFrom } from '../event-id'
import type { EventName } from '../events'
import { ACT_NAMES, IS_NO_VIEW, mergedByName, unionOf } from './merged-events'

export interface EventFilter {
  /** Who did it. */
  readonly actorId?: number | undefined
  /** To whom it happened; an expression where only the query will know. */
  readonly targetId?: number | SQL | undefined
  readonly action?: EventName | undefined
  /** An address: its names in failed sign-ins (HMACs), and the account that has it. Alone of persons. */
  readonly address?:
    | { readonly hmacs: readonly string[]; readonly userId: number | undefined }
    | undefined
  /** Admins' own views too, which are left out unless an action names them. */
  readonly withViews?: boolean | undefined
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
  /** An index that has the same events by name, where there is one: it passes over views. */
  readonly byName?: SQL
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

/** Whether views are to be left out of what a filter's ranges hold. */
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

/** What users did to themselves is found by target. */
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

/** Above every id, as ids are hexadecimal. */
const NO_END = 'g'

/** The ids that a filter's time allows: from `start`, below `end`. */
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

const COLUMNS = sql`id, at, event, actor_id, target_id, ip, country, user_agent, data, api_key_id`
const NOTHING: Range = { table: sql`audit_log`, where: sql`0` }

/** Whether an index can pass over views in a part of what a filter finds. */
export const isIndexedByName = (filter: EventFilter): boolean =>
  rangesOf(filter).some(({ byName }) => byName !== undefined)

interface EventPage {
  readonly before?: string | undefined
  readonly limit: number
  /** Passes over views wherever an index can. Dearer by event: for where views are many. */
  readonly isByName?: boolean
}

/** Finds up to `limit` events, newest first, older than the id `before`. May hold views: dropsViews. */
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

/** Counts as `n` a filter's events, without views if it drops them, among at most `limit` that it reads. */
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

/** Counts failed sign-ins of a user as `n`, up to `limit`: by address, and wrong second factors. */
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
