/**
 * Counts the values that are still encrypted or derived with each key of DATA_KEYS, so that an
 * operator sees when an old entry can be removed. It walks the users by id in bounded steps and
 * keeps its sums between runs, so one run never exceeds its limits. The counts shown are those of
 * the last complete walk.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { runBatch } from '../db/batch'
import { storedValue } from '../tables/encrypted-column'
import { ENCRYPTED_COLUMNS } from '../tables/encrypted-columns'
import { type Counts, readPosition, writePosition } from './run-job'

const JOB = 'count_keys'
const IDS_A_STEP = 20_000
const STEPS = 50

interface Walk {
  after: number
  sums: Record<string, number>
}

/**
 * Returns the counts as `<what>:<key id>`. `password:other` and `void_password:other` are hashes
 * imported from other systems.
 */
export async function countKeys(deps: Deps): Promise<Counts> {
  const walk = (await readPosition<Walk>(deps, JOB)) ?? { after: 0, sums: {} }
  const [last] = await deps.db.all<{ id: number }>(sql`SELECT max(id) AS id FROM users`)
  const end = last?.id ?? 0
  for (let step = 0; step < STEPS && walk.after < end; step++) {
    const until = walk.after + IDS_A_STEP
    add(walk.sums, await passwordKeys(deps, walk.after, until))
    walk.after = until
  }
  if (walk.after < end) {
    await writePosition(deps, JOB, walk)
    return lastCounts(deps)
  }
  await writePosition(deps, JOB, null)
  add(walk.sums, await otherKeys(deps))
  return walk.sums
}

type Row = { name: string; count: number }

const add = (sums: Record<string, number>, rows: readonly Row[]) => {
  for (const { name, count } of rows) sums[name] = (sums[name] ?? 0) + count
}

/**
 * Counts passwords and void passwords in one pass over the users. A reset still has to recognise a
 * void one.
 */
async function passwordKeys(deps: Deps, after: number, until: number): Promise<Row[]> {
  const rows = await deps.db.all<{
    current: string | null
    void: string | null
    count: number
  }>(sql`
    SELECT ${pepperKeyOf('hashed_password')} AS current, ${pepperKeyOf('voided_password')} AS void,
      count(*) AS count
    FROM users WHERE id > ${after} AND id <= ${until} GROUP BY 1, 2`)
  return rows.flatMap((row) => [
    ...(row.current === null ? [] : [{ name: `password:${row.current}`, count: row.count }]),
    ...(row.void === null ? [] : [{ name: `void_password:${row.void}`, count: row.count }]),
  ])
}

const pepperKeyOf = (column: string) =>
  sql.raw(`CASE WHEN ${column} LIKE '$gatehouse-pbkdf2$%'
    THEN substr(${column}, instr(${column}, ',k=') + 3,
      instr(substr(${column}, instr(${column}, ',k=') + 3), '$') - 1)
    WHEN ${column} IS NOT NULL THEN 'other' END`)

/** Separate statements, because D1 allows at most five terms in a compound SELECT. */
async function otherKeys(deps: Deps): Promise<Row[]> {
  const keyIn = (value: SQL) => sql`substr(${value}, 1, instr(${value}, '.') - 1)`
  const results = await runBatch(deps, [
    ...ENCRYPTED_COLUMNS.map((encrypted) => {
      const value = storedValue(encrypted)
      return sql`SELECT ${encrypted.countedAs} || ':' || ${keyIn(value)} AS name, count(*) AS count
        FROM ${sql.raw(encrypted.table)} WHERE ${value} IS NOT NULL GROUP BY 1`
    }),
    sql`SELECT 'recovery_codes:' || ${keyIn(sql`hash`)} AS name, count(*) AS count FROM recovery_codes GROUP BY 1`,
    sql`SELECT 'mailed_tokens:' || key_id AS name, count(*) AS count FROM one_time_tokens GROUP BY 1`,
  ])
  return results.flatMap(({ results: rows }) => rows as Row[])
}

/** During a walk, the counts are those of the last complete one. */
async function lastCounts(deps: Deps): Promise<Counts> {
  const [row] = await deps.db.all<{ counts: string }>(
    sql`SELECT counts FROM job_runs WHERE job = ${JOB}`,
  )
  return row ? (JSON.parse(row.counts) as Counts) : {}
}
