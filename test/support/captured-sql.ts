/**
 * The real database, recording every statement that is bound, so that tests can ask for its query
 * plan.
 */

export interface Captured {
  readonly text: string
  readonly args: unknown[]
}

export function capturingEnv(env: Env): { env: Env; seen: Captured[] } {
  const seen: Captured[] = []
  const capture = (text: string, statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, key) {
        const value = Reflect.get(target, key)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          // Drizzle and runBatch bind every statement, even if it has no parameters.
          if (key === 'bind') seen.push({ text, args })
          return Reflect.apply(value, target, args)
        }
      },
    })
  const DB = new Proxy(env.DB, {
    get(target, key) {
      if (key === 'prepare') return (text: string) => capture(text, target.prepare(text))
      const value = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { env: { ...env, DB }, seen }
}

/** Returns SQLite's query plan for a statement, step by step. */
export async function planOf(db: D1Database, { text, args }: Captured): Promise<string[]> {
  const { results } = await db
    .prepare(`EXPLAIN QUERY PLAN ${text}`)
    .bind(...args)
    .all<{ detail: string }>()
  return results.map(({ detail }) => detail)
}
