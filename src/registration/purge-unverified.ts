import { sql } from 'drizzle-orm'
import { addressHmacs } from '../audit/address-hmac'
import { blankAllFailedSignIns, blankErased } from '../audit/blank'
import type { Deps } from '../context'
import { runBatch } from '../db/batch'
import { STATEMENTS_A_RUN } from '../db/meter'
import { eventId } from '../event-id'
import { readPosition, writePosition } from '../jobs/run-job'
import { DAY_MS } from '../time'
import { isUnprovedRegistration } from './take-over'

const JOB = 'purge_unverified'
const PENDING_A_STEP = 500
/** A step takes 11 statements, and up to 48 more if sign-ins with the addresses have failed. */
const STEPS = 60
/**
 * Accounts that one run reads, unless many sign-ins with their addresses have failed. One network
 * can register at most BUDGETS.accounts_network a day (throttle/budgets.ts).
 */
export const PENDING_A_RUN = PENDING_A_STEP * STEPS
/**
 * Events that one step blanks, which takes a second or two. Strangers can cause any number of them;
 * the accounts beyond this limit wait for a later run.
 */
const EVENTS_A_STEP = 50_000

interface Candidate {
  id: number
  subject: string
  email_key: string
  origin: string
  created_at: number
  events: number
  /** The rowid in the search index, as text: it can exceed a safe JavaScript integer. */
  listed_at: string
}

/**
 * Deletes registered accounts that were not verified within UNVERIFIED_ACCOUNT_DAYS, and those that
 * an admin deactivated that long ago. Invited and imported accounts are kept. Walks the pending
 * accounts in the order of the search index, oldest first, so that accounts that stay are not read
 * repeatedly in one run. The walk ends at accounts that are too young, and the next run then starts
 * with the oldest again, so new registrations cannot keep it from reaching old ones.
 */
export async function purgeUnverified(deps: Deps): Promise<{ read: number; accounts: number }> {
  const before = overdueBefore(deps)
  let after = (await readPosition<string | number>(deps, JOB)) ?? 0
  let read = 0
  const isInTime = () => deps.meter.statements < STATEMENTS_A_RUN.toBegin
  let accounts = await take(deps, await deactivatedBefore(deps, before))
  for (let step = 0; step < STEPS && isInTime(); step++) {
    const pending = await deps.db.all<Candidate>(sql`
      SELECT users.id AS id, subject, email_key, origin, created_at,
        CAST(users_search.rowid AS TEXT) AS listed_at,
        (SELECT count(*) FROM audit_log INDEXED BY audit_log_target WHERE target_id = users.id) AS events
      FROM users_search CROSS JOIN users ON users.id = users_search.rowid & 268435455
      WHERE users_search MATCH 'facets : "#p#"' AND users_search.rowid > CAST(${after} AS INTEGER)
      ORDER BY users_search.rowid LIMIT ${PENDING_A_STEP}`)
    const doomed = pending.filter((row) => row.origin === 'registered' && row.created_at < before)
    accounts += await take(deps, doomed)
    read += pending.length
    const last = pending.at(-1)
    const isEnd = pending.length < PENDING_A_STEP || !last || last.created_at >= before
    after = isEnd ? 0 : last.listed_at
    if (after === 0) break
  }
  await writePosition(deps, JOB, after === 0 ? null : after)
  return { read, accounts }
}

const overdueBefore = ({ now, config }: Deps): number =>
  now - config.UNVERIFIED_ACCOUNT_DAYS * DAY_MS

/** Uses an index of exactly these rows. Each hourly run takes one step of them. */
const deactivatedBefore = (deps: Deps, before: number): Promise<Candidate[]> =>
  deps.db.all<Candidate>(sql`
    SELECT id, subject, email_key, origin, created_at, '' AS listed_at,
      (SELECT count(*) FROM audit_log INDEXED BY audit_log_target WHERE target_id = users.id) AS events
    FROM users INDEXED BY users_deactivated_registrations
    WHERE origin = 'registered' AND email_verified_at IS NULL AND deactivated_at < ${before}
    ORDER BY deactivated_at LIMIT ${PENDING_A_STEP}`)

/** Deletes as many accounts as fit in one step; the others wait for a later run. Returns how many. */
async function take(deps: Deps, doomed: readonly Candidate[]): Promise<number> {
  let room = EVENTS_A_STEP
  const fitting = doomed.filter(({ events }) => {
    if (room <= 0) return false
    room -= events
    return true
  })
  if (fitting.length === 0 || !(await forgetFailures(deps, fitting))) return 0
  return remove(deps, fitting)
}

/**
 * Blanks the origins of failed sign-ins with these addresses. This comes before the accounts are
 * deleted, so a run that dies in between starts over. Returns false if one step cannot blank them
 * all; the accounts then wait for a later run.
 */
async function forgetFailures(deps: Deps, doomed: readonly Candidate[]): Promise<boolean> {
  const addresses = await addressHmacs(
    deps.config,
    doomed.map((row) => row.email_key),
  )
  return blankAllFailedSignIns(deps, addresses, deps.now)
}

/** Deletes, in one batch, only the accounts that are still unverified and overdue when it runs. */
async function remove(deps: Deps, doomed: readonly Candidate[]): Promise<number> {
  const list = JSON.stringify(
    doomed.map(({ id, subject }) => ({ id, subject, event: eventId(deps.now) })),
  )
  // CROSS JOIN keeps the list as the outer loop. Otherwise SQLite may scan all pending accounts for
  // each row of the list.
  const stillPending = sql`json_each(${list}) AS row CROSS JOIN users
    ON users.id = row.value ->> 'id' AND users.subject = row.value ->> 'subject' AND ${isUnprovedRegistration}
    AND coalesce(users.deactivated_at, 0) < ${overdueBefore(deps)}`
  const gone = sql`SELECT value ->> 'id' FROM json_each(${list})
    WHERE NOT EXISTS (SELECT 1 FROM users WHERE users.id = value ->> 'id')`
  const [counted] = await runBatch(deps, [
    sql`SELECT count(*) AS count FROM ${stillPending}`,
    sql`INSERT INTO audit_log (id, at, event, target_id)
      SELECT row.value ->> 'event', ${deps.now}, 'user.expired', users.id FROM ${stillPending}`,
    sql`DELETE FROM outbox WHERE subject IN (SELECT users.subject FROM ${stillPending})`,
    // A change by staff (role or status) raises `auth_version` and syncs the user's object. Such an
    // object must now learn that the user no longer exists.
    sql`INSERT INTO outbox (id, kind, subject, payload, next_attempt_at, created_at)
      SELECT lower(hex(randomblob(11))), 'sync-authority', users.subject, '{}', ${deps.now}, ${deps.now}
      FROM ${stillPending} WHERE users.auth_version > 1`,
    sql`DELETE FROM parked_events WHERE CASE WHEN json_valid(message) THEN message ->> 'subject' END
      IN (SELECT users.subject FROM ${stillPending})`,
    sql`DELETE FROM users WHERE id IN (SELECT users.id FROM ${stillPending})`,
    ...blankErased(gone),
  ])
  const [row] = (counted?.results ?? []) as { count: number }[]
  return row?.count ?? 0
}
