/**
 * One D1 batch, which is one transaction, from Drizzle's query builders and its `sql` alike (Drizzle's
 * own batch takes no `sql` with parameters). Statements are described here and run nowhere else: a
 * query builder that is awaited would run by itself.
 */
import type { SQL } from 'drizzle-orm'
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core'

/** A statement not yet run. */
export type Statement = SQL | { toSQL(): { sql: string; params: unknown[] } }

const dialect = new SQLiteAsyncDialect()

/** Runs statements in order, all or none. Throws D1's own error. */
export async function runBatch(env: Env, statements: readonly Statement[]): Promise<D1Result[]> {
  if (statements.length === 0) return []
  return env.DB.batch(
    statements.map((statement) => {
      const { sql, params } =
        'toSQL' in statement ? statement.toSQL() : dialect.sqlToQuery(statement)
      return env.DB.prepare(sql).bind(...params)
    }),
  )
}
