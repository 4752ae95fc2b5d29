/**
 * Figures for the whole service. Each comes from a counter, a rollup or a short range of an index,
 * so the cost does not grow with the number of users. All are exact, except that an outbox of more
 * than MAX_OUTBOX rows is reported as that many.
 */
import { type SQL, sql } from 'drizzle-orm'
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import type { Deps } from '../context'
import { runBatch } from '../db/batch'
import { openDatabase } from '../db/database'
import { onReplica } from '../db/replica'
import { lastRuns } from '../jobs/run-job'
import { PARTITIONS } from '../tables/outbox'
import { ACCOUNT_STATUSES, type AccountStatus } from '../tables/users'
import { dayOf } from '../time'
import { registrationsBetween } from './registration-stats'

const MAX_OUTBOX = 10_000

const Job = answerSchema(() =>
  z.object({
    started_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
    counts: z.record(z.string(), z.number()),
    error: z.string().nullable(),
  }),
)

export const UserStats = answerSchema(() =>
  z
    .object({
      total_users: z.int(),
      active_users: z.int(),
      verified_users: z.int(),
      pending_users: z.int(),
      deactivated_users: z.int(),
      new_users_30d: z
        .int()
        .meta({ description: 'Accounts created in the last 30 days, including today' }),
      active_sessions: z.int(),
      two_factor_users: z.int(),
      passkey_users: z.int().meta({ description: 'Users with at least one passkey' }),
      daily_active: z.int(),
      weekly_active: z.int(),
      monthly_active: z.int(),
      outbox: z.object({ pending: z.int(), dead: z.int() }),
      jobs: z.record(z.string(), Job).meta({ description: 'The last run of each scheduled job' }),
      keys: z.record(z.string(), z.number()).meta({
        description:
          'The number of values still encrypted or derived with each key, as `<what>:<key id>`',
      }),
    })
    .meta({ id: 'UserStats' }),
)
export type UserStats = z.output<typeof UserStats>

export async function userStats(deps: Deps): Promise<UserStats> {
  const replica = onReplica(deps)
  const [[counted, summed], jobs] = await Promise.all([
    runBatch(replica, [sql`SELECT name, value FROM counters WHERE ${isOfEverybody}`, sums(deps)]),
    lastRuns({ db: openDatabase(replica.d1) }),
  ])
  const rows = (counted?.results ?? []) as { name: string; value: number }[]
  const counters = new Map(rows.map(({ name, value }) => [name, value]))
  const [sum] = (summed?.results ?? []) as Sums[]
  if (!sum) throw new Error('a query without a table gave no row')
  const of = (name: string) => counters.get(name) ?? 0
  const standing = (status: AccountStatus) => of(`role:0:${status}`) + of(`role:1:${status}`)
  return {
    total_users: ACCOUNT_STATUSES.map(standing).reduce((a, b) => a + b),
    active_users: standing('active'),
    verified_users: of('users:verified'),
    pending_users: standing('pending'),
    deactivated_users: standing('deactivated'),
    new_users_30d: sum.registrations,
    active_sessions: of('sessions') - sum.expired_sessions,
    two_factor_users: of('users:two_factor'),
    passkey_users: of('users:passkey'),
    daily_active: sum.daily,
    weekly_active: sum.weekly,
    monthly_active: sum.monthly,
    outbox: { pending: sum.pending, dead: sum.dead },
    jobs,
    keys: jobs['count_keys']?.counts ?? {},
  }
}

/** Leaves out the counters of single roles, because there may be many. */
const isOfEverybody = sql`name IN ('sessions', 'users:verified', 'users:two_factor', 'users:passkey',
  'role:0:pending', 'role:0:active', 'role:0:deactivated',
  'role:1:pending', 'role:1:active', 'role:1:deactivated')`

type Sums = Record<
  'registrations' | 'expired_sessions' | 'daily' | 'weekly' | 'monthly' | 'pending' | 'dead',
  number
>

function sums({ now }: Deps): SQL {
  const today = dayOf(now)
  const since = (days: number) =>
    sql`(SELECT coalesce(sum(users), 0) FROM active_days WHERE day > ${today - days})`
  const waiting = (from: SQL) =>
    sql`(SELECT count(*) FROM (SELECT 1 FROM ${from} LIMIT ${MAX_OUTBOX}))`
  return sql`
    SELECT
      (SELECT coalesce(sum(registrations), 0) FROM (${registrationsBetween(today - 29, today)}))
        AS registrations,
      -- Expired, but not yet deleted by the job that runs every 15 minutes.
      (SELECT count(*) FROM user_sessions WHERE expires_at <= ${now}) AS expired_sessions,
      ${since(1)} AS daily, ${since(7)} AS weekly, ${since(30)} AS monthly,
      ${waiting(PARTITIONS.ours)} + ${waiting(PARTITIONS.webhooks)} AS pending,
      ${waiting(sql`outbox WHERE dead_at IS NOT NULL`)} AS dead`
}
