import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** The last run of each scheduled job, and the position where a walk over a table continues. */
export const jobRuns = sqliteTable('job_runs', {
  job: text('job').primaryKey().notNull(),
  startedAt: integer('started_at').notNull(),
  finishedAt: integer('finished_at'),
  counts: text('counts').notNull().default('{}'),
  error: text('error'),
  position: text('position'),
})
