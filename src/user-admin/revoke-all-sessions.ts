/**
 * Response to a leak: revokes every session of every user, and everything pending in them. It walks
 * D1's index of sessions in bounded steps and writes an outbox row for each user. It can stop at
 * any point and resume there, since revoking a session twice changes nothing. After an hour it walks
 * the index once more, for sign-ins whose events had not yet reached D1.
 */
import { sql } from 'drizzle-orm'
import { notifyOutbox } from '../commit/commit'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { runBatch, type Statement } from '../db/batch'
import { type Counts, type Job, readPosition } from '../jobs/run-job'
import { revokeAllPending } from '../one-time-tokens/revoke-pending'

const JOB = 'end_sessions'
const USERS_A_STEP = 1_000
/** Three statements and ten queue sends a step stay within an invocation's limits. */
const STEPS = 60
/** The queue accepts this many messages in one send. */
const MESSAGES_A_SEND = 100
const SECOND_WALK_AFTER_MS = 60 * 60_000

interface Walk {
  /** Sessions opened up to this instant (ms) are revoked; later ones are kept. */
  readonly until: number
  readonly walk: 1 | 2
  /** Id of the last user that was processed. */
  readonly after: number
  /** Number of users so far, over both walks. */
  readonly users: number
}

/**
 * Starts at the first user, even if a walk is in progress. Goes into the batch that makes the
 * decision.
 */
export const beginRevokingSessions = ({ now }: Pick<Deps, 'now'>): Statement => {
  const walk: Walk = { until: now, walk: 1, after: 0, users: 0 }
  const position = JSON.stringify(walk)
  return sql`
    INSERT INTO job_runs (job, started_at, position) VALUES (${JOB}, ${now}, ${position})
    ON CONFLICT (job) DO UPDATE SET position = ${position}`
}

/** The job that resumes the walk. It reads one row when there is nothing to do. */
export const revokeSessionsJob: Job = { name: JOB, run: (deps) => revokeAllSessions(deps) }

/**
 * Returns how many users' sessions are being revoked, and whether there may be more (`left` is 0 or
 * 1).
 */
export async function revokeAllSessions(
  deps: Deps,
  { size, most }: { size: number; most: number } = { size: USERS_A_STEP, most: STEPS },
): Promise<Counts> {
  const walk = await readPosition<Walk>(deps, JOB)
  if (!walk) return lastCounts(deps)
  const counts = await goOn(deps, walk, { size, most })
  // On every run, since a request in flight may have stored one since the last. After the sessions,
  // which are more urgent.
  await revokeAllPending(deps, walk.until)
  return counts
}

async function goOn(
  deps: Deps,
  from: Walk,
  { size, most }: { readonly size: number; readonly most: number },
): Promise<Counts> {
  let walk = from
  for (let step = 0; step < most; step++) {
    if (walk.walk === 2 && deps.now < walk.until + SECOND_WALK_AFTER_MS) break
    const found = await usersWithSessions(deps, walk, size)
    const next: Walk | null = following(walk, found, size)
    const users = walk.users + found.length
    if (!(await queueRevocations(deps, walk, found, next))) break
    if (next === null) return { users, left: 0 }
    walk = next
  }
  return { users: walk.users, left: 1 }
}

type Found = { id: number; subject: string }

const usersWithSessions = (deps: Deps, { until, after }: Walk, limit: number): Promise<Found[]> =>
  // A `created_at` in the future means that the clock was set back; such a session is revoked too.
  deps.db.all<Found>(sql`
    SELECT DISTINCT users.id AS id, users.subject AS subject
    FROM user_sessions INDEXED BY user_sessions_user CROSS JOIN users ON users.id = user_sessions.user_id
    WHERE user_sessions.user_id > ${after}
      AND (user_sessions.created_at <= ${until} OR user_sessions.created_at > ${deps.now})
    ORDER BY user_sessions.user_id LIMIT ${limit}`)

function following(walk: Walk, found: readonly Found[], limit: number): Walk | null {
  const users = walk.users + found.length
  if (found.length === limit) return { ...walk, users, after: found.at(-1)?.id ?? walk.after }
  return walk.walk === 1 ? { ...walk, users, walk: 2, after: 0 } : null
}

/**
 * Writes the outbox rows and the new position in one batch. Returns false when another walk has
 * started or was faster.
 */
async function queueRevocations(
  deps: Deps,
  walk: Walk,
  found: readonly Found[],
  next: Walk | null,
): Promise<boolean> {
  const rows = found.map(({ subject }) => ({ id: randomId(), subject }))
  const payload = JSON.stringify({ session: null, until: walk.until })
  const isHere = sql`EXISTS (SELECT 1 FROM job_runs WHERE job = ${JOB} AND position = ${JSON.stringify(walk)})`
  const results = await runBatch(deps, [
    sql`INSERT INTO outbox (id, kind, subject, payload, next_attempt_at, created_at)
      SELECT value ->> 'id', 'end-sessions', value ->> 'subject', ${payload}, ${deps.now}, ${deps.now}
      FROM json_each(${JSON.stringify(rows)}) WHERE ${isHere}`,
    sql`UPDATE job_runs SET position = ${next && JSON.stringify(next)}
      WHERE job = ${JOB} AND position = ${JSON.stringify(walk)} RETURNING 1`,
  ])
  if (results[1]?.results.length !== 1) return false
  for (let first = 0; first < rows.length; first += MESSAGES_A_SEND) {
    notifyOutbox(
      deps,
      rows.slice(first, first + MESSAGES_A_SEND).map(({ id }) => id),
    )
  }
  return true
}

/** Between walks, the counts are those of the last one. */
async function lastCounts(deps: Deps): Promise<Counts> {
  const [row] = await deps.db.all<{ counts: string }>(
    sql`SELECT counts FROM job_runs WHERE job = ${JOB}`,
  )
  return row ? (JSON.parse(row.counts) as Counts) : { users: 0, left: 0 }
}
