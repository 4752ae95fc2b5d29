/**
 * One D1 batch, which is one transaction, from Drizzle's query builders and from `sql` (Drizzle's
 * own batch does not accept `sql` with parameters). Statements are only described until they run
 * here: never await a query builder, which would run it on its own.
 */
import type { SQL } from 'drizzle-orm'
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core'

/** A statement that has not run yet. */
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
