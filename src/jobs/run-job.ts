/**
 * Runs a scheduled job. Its counts go to one log line and to `job_runs`, where admins see its last
 * run. A job is idempotent, bounded in rows, and safe to run concurrently with itself. A job that
 * fails is retried in its next run and does not stop the others.
 */
import { eq, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { errorName, log } from '../log'
import { jobRuns } from '../tables/jobs'
import { iso, isoOrNull } from '../time'

export type Counts = Readonly<Record<string, number>>

export interface Job {
  readonly name: string
  readonly run: (deps: Deps) => Promise<Counts>
}

/** Runs a job and records it. Never throws. */
export async function runJob(deps: Deps, job: Job): Promise<void> {
  try {
    const counts = await job.run(deps)
    await record(deps, job.name, { counts: JSON.stringify(counts), error: null })
    log.info('job', deps, { job: job.name, ...counts })
  } catch (error) {
    // Only the name: the message may contain SQL with its parameters.
    const name = errorName(error).slice(0, 60)
    log.error('job_failed', deps, { job: job.name, error: name })
    await record(deps, job.name, { error: name }).catch(() => undefined)
  }
}

const record = (deps: Deps, job: string, outcome: { counts?: string; error: string | null }) => {
  const run = { startedAt: deps.now, finishedAt: Date.now(), ...outcome }
  return deps.db
    .insert(jobRuns)
    .values({ job, ...run })
    .onConflictDoUpdate({ target: jobRuns.job, set: run })
}

/** Returns the saved position of a job that walks a table, or undefined at the start. */
export async function readPosition<T>(deps: Deps, job: string): Promise<T | undefined> {
  const [row] = await deps.db
    .select({ position: jobRuns.position })
    .from(jobRuns)
    .where(eq(jobRuns.job, job))
  return row?.position ? (JSON.parse(row.position) as T) : undefined
}

/**
 * Saves the position of a job that walks a table; null when the walk is complete and the next run
 * starts over.
 */
export async function writePosition(deps: Deps, job: string, position: unknown): Promise<void> {
  const text = position === null ? null : JSON.stringify(position)
  await deps.db.run(sql`
    INSERT INTO ${jobRuns} (job, started_at, position) VALUES (${job}, ${deps.now}, ${text})
    ON CONFLICT (job) DO UPDATE SET position = ${text}`)
}

/** Returns the last run of every job by name, for the statistics. */
export async function lastRuns(deps: Pick<Deps, 'db'>): Promise<Record<string, JobView>> {
  const rows = await deps.db.select().from(jobRuns)
  return Object.fromEntries(
    rows.map((row) => [
      row.job,
      {
        started_at: iso(row.startedAt),
        finished_at: isoOrNull(row.finishedAt),
        counts: JSON.parse(row.counts) as Record<string, number>,
        error: row.error,
      },
    ]),
  )
}

export interface JobView {
  readonly started_at: string
  readonly finished_at: string | null
  readonly counts: Record<string, number>
  readonly error: string | null
}
