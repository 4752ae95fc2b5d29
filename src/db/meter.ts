/**
 * Counts what a request asks of D1: calls, rows read, rows written, by D1's own figures, which are what
 * is billed. D1 tells them with objects and not with raw rows, so raw rows are made from objects here:
 * a query must give its columns names of their own.
 */

export interface Meter {
  calls: number
  /** Each of a batch counts: the platform gives an invocation 1,000. */
  statements: number
  rowsRead: number
  rowsWritten: number
}

/**
 * Of the 1,000 statements that the platform gives an invocation: after `toBegin` a job begins nothing
 * new, after `toGoOn` one that is under way leaves the rest to its next turn.
 */
export const STATEMENTS_A_RUN = { toBegin: 800, toGoOn: 900 } as const

type Results = readonly { readonly meta: Partial<Pick<D1Meta, 'rows_read' | 'rows_written'>> }[]

/** The database with every call counted into the meter. */
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
