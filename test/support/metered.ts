/**
 * A D1 database that adds up what its queries are billed for: `meta.rows_read` and `rows_written`
 * of every statement, whichever method runs it. The queries themselves are real.
 */

export interface Meter {
  /** The rows read and written since the last `reset`. */
  rows: { read: number; written: number; queries: number; sql: string[] }
  reset(): void
}

type Meta = { rows_read: number; rows_written: number }

/** Returns the environment with its database metered. */
export function meteredEnv(env: Env): { env: Env; meter: Meter } {
  const meter: Meter = {
    rows: { read: 0, written: 0, queries: 0, sql: [] },
    reset: () => Object.assign(meter.rows, { read: 0, written: 0, queries: 0, sql: [] }),
  }
  const count = (meta: Meta) => {
    meter.rows.read += meta.rows_read
    meter.rows.written += meta.rows_written
  }
  const real = new WeakMap<object, D1PreparedStatement>()

  const wrapStatement = (text: string, statement: D1PreparedStatement): D1PreparedStatement => {
    const all = async () => {
      meter.rows.queries += 1
      meter.rows.sql.push(text)
      const result = await statement.all<Record<string, unknown>>()
      count(result.meta as Meta)
      return result
    }
    const methods: Record<string, (...args: never[]) => unknown> = {
      bind: (...args: unknown[]) => wrapStatement(text, statement.bind(...args)),
      all,
      run: all,
      first: async () => (await all()).results[0] ?? null,
      // `raw` returns no meta, so a read runs twice: once for the meta and once for the result.
      raw: async () => {
        const { results } = await all()
        const isWrite = /^\s*(insert|update|delete)/i.test(text)
        return isWrite ? results.map((row) => Object.values(row)) : statement.raw()
      },
    }
    const proxy = new Proxy(statement, {
      get: (target, key) => methods[String(key)] ?? Reflect.get(target, key),
    })
    real.set(proxy, statement)
    return proxy
  }

  const wrapSession = <T extends D1Database | D1DatabaseSession>(database: T): T =>
    new Proxy(database, {
      get(target, key) {
        if (key === 'prepare') return (text: string) => wrapStatement(text, target.prepare(text))
        if (key === 'batch') {
          return async (statements: D1PreparedStatement[]) => {
            meter.rows.queries += 1
            const results = await target.batch(statements.map((each) => real.get(each) ?? each))
            for (const { meta } of results) count(meta as Meta)
            return results
          }
        }
        if (key === 'withSession' && 'withSession' in target) {
          return (constraint: string) => wrapSession(target.withSession(constraint))
        }
        const value: unknown = Reflect.get(target, key)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })

  return { env: { ...env, DB: wrapSession(env.DB) }, meter }
}
