/** The real environment, recording every query to a replica and its parameters. */

interface RecordedQuery {
  readonly sql: string
  readonly params: readonly unknown[]
}

export function recordReads(env: Env): { env: Env; queries: RecordedQuery[] } {
  const queries: RecordedQuery[] = []
  const recorded = (session: D1DatabaseSession) => ({
    prepare: (sql: string) => ({
      bind: (...params: unknown[]) => {
        queries.push({ sql, params })
        return session.prepare(sql).bind(...params)
      },
    }),
    batch: (statements: D1PreparedStatement[]) => session.batch(statements),
  })
  const database = new Proxy(env.DB, {
    get(target, key) {
      if (key === 'withSession') return (from: string) => recorded(target.withSession(from))
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { env: { ...env, DB: database }, queries }
}
