/**
 * Counts what a request uses of D1: calls, statements, rows read and rows written, by D1's own
 * figures, which are what is billed. D1 reports them with objects but not with raw rows, so raw
 * rows are made from objects here. Column names must therefore be unique within a query: of two
 * values under the same name one would be lost.
 */

export interface Meter {
  calls: number
  /** Each statement of a batch counts. The platform allows an invocation 1,000. */
  statements: number
  rowsRead: number
  rowsWritten: number
}

/**
 * Of the 1,000 statements that the platform allows an invocation: after `toBegin`, a job starts
 * nothing new; after `toGoOn`, a job leaves the rest of its current work to its next run.
 */
export const STATEMENTS_A_RUN = { toBegin: 800, toGoOn: 900 } as const

type Results = readonly { readonly meta: Partial<Pick<D1Meta, 'rows_read' | 'rows_written'>> }[]

/** The database, with every call counted in the meter. */
export function metered(database: D1Database, meter: Meter): D1Database {
  const count = (results: Results) => {
    meter.calls += 1
    meter.statements += results.length
    for (const { meta } of results) {
      meter.rowsRead += meta.rows_read ?? 0
      meter.rowsWritten += meta.rows_written ?? 0
    }
  }
  const statements = new WeakMap<object, D1PreparedStatement>()
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const all = async <T>() => {
      const result = await statement.all<T>()
      count([result])
      return result
    }
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      all,
      run: all,
      raw: async () => (await all<Record<string, unknown>>()).results.map(Object.values),
    } as Pick<D1PreparedStatement, 'bind' | 'all' | 'run' | 'raw'> as D1PreparedStatement
    statements.set(wrapped, statement)
    return wrapped
  }
  return {
    prepare: (query: string) => wrap(database.prepare(query)),
    batch: async <T>(batch: D1PreparedStatement[]) => {
      const results = await database.batch<T>(batch.map((each) => statements.get(each) ?? each))
      count(results)
      return results
    },
  } as Pick<D1Database, 'prepare' | 'batch'> as D1Database
}
