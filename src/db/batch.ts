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
export async function runBatch(
  source: { readonly d1: D1Database } | { readonly DB: D1Database },
  statements: readonly Statement[],
): Promise<D1Result[]> {
  if (statements.length === 0) return []
  const database = 'd1' in source ? source.d1 : source.DB
  return database.batch(
    statements.map((statement) => {
      const { sql, params } =
        'toSQL' in statement ? statement.toSQL() : dialect.sqlToQuery(statement)
      return database.prepare(sql).bind(...params)
    }),
  )
}
