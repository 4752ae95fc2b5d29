/**
 * The real environment, with a hook around every call to D1, objects, queues and email: for
 * counting what a request costs, and for making the n-th call fail. The calls themselves are real.
 */

export interface OutsideCall {
  /** For example `DB.run`, `DB.batch`, `USER_SESSIONS.check`, `EVENTS_QUEUE.send`. */
  name: string
  /** The name of the object that is called. */
  of?: string
}

/** Runs around each call; `go` makes the call. */
export type Hook = (call: OutsideCall, go: () => Promise<unknown>) => Promise<unknown>

const STATEMENT_CALLS = new Set(['run', 'all', 'first', 'raw'])
const QUEUE_CALLS = new Set(['send', 'sendBatch'])

export function wrapEnv(env: Env, hook: Hook): Env {
  const wrapped: Record<string, unknown> = { ...env }
  wrapped['DB'] = wrapDatabase(env.DB, hook)
  for (const name of ['USER_SESSIONS', 'THROTTLE'] as const) {
    wrapped[name] = wrapNamespace(name, env[name], hook)
  }
  for (const name of ['OUTBOX_QUEUE', 'WEBHOOKS_QUEUE', 'EVENTS_QUEUE', 'EMAIL'] as const) {
    wrapped[name] = wrapMethods(name, env[name] as object, QUEUE_CALLS, hook)
  }
  return wrapped as unknown as Env
}

function wrapDatabase<T extends D1Database | D1DatabaseSession>(database: T, hook: Hook): T {
  const real = new WeakMap<object, D1PreparedStatement>()
  const wrapStatement = (statement: D1PreparedStatement): D1PreparedStatement => {
    const proxy = new Proxy(statement, {
      get(target, key) {
        const value = Reflect.get(target, key)
        if (typeof value !== 'function') return value
        if (key === 'bind') return (...args: unknown[]) => wrapStatement(target.bind(...args))
        const call = (...args: unknown[]) => Reflect.apply(value, target, args)
        if (!STATEMENT_CALLS.has(String(key))) return call
        return (...args: unknown[]) =>
          hook({ name: `DB.${String(key)}` }, async () => call(...args))
      },
    })
    real.set(proxy, statement)
    return proxy
  }
  return new Proxy(database, {
    get(target, key) {
      if (key === 'prepare') return (text: string) => wrapStatement(target.prepare(text))
      if (key === 'batch') {
        return (statements: D1PreparedStatement[]) =>
          hook({ name: 'DB.batch' }, () =>
            target.batch(statements.map((each) => real.get(each) ?? each)),
          )
      }
      // A replica, if there is one, is the same database here.
      if (key === 'withSession' && 'withSession' in target) {
        return (constraint: string) => wrapDatabase(target.withSession(constraint), hook)
      }
      const value = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function wrapNamespace<T extends object>(name: string, namespace: T, hook: Hook): T {
  return new Proxy(namespace, {
    get(target, key) {
      const value = Reflect.get(target, key)
      if (key !== 'getByName' && key !== 'get') {
        return typeof value === 'function' ? value.bind(target) : value
      }
      return (...args: unknown[]) => {
        const stub = Reflect.apply(value as (...all: unknown[]) => object, target, args)
        const of = key === 'getByName' ? { of: String(args[0]) } : {}
        return new Proxy(stub, {
          get: (object, method) => {
            const member = Reflect.get(object, method)
            if (typeof member !== 'function') return member
            return (...inner: unknown[]) =>
              hook({ name: `${name}.${String(method)}`, ...of }, () =>
                Reflect.apply(member, object, inner),
              )
          },
        })
      }
    },
  })
}

function wrapMethods<T extends object>(name: string, target: T, calls: Set<string>, hook: Hook): T {
  return new Proxy(target, {
    get(object, key) {
      const value = Reflect.get(object, key)
      if (!calls.has(String(key))) return value
      return (...args: unknown[]) =>
        hook({ name: `${name}.${String(key)}` }, () =>
          Reflect.apply(value as (...all: unknown[]) => Promise<unknown>, object, args),
        )
    },
  })
}

/** An environment that records every outside call, in order. */
export function recordingEnv(env: Env): { env: Env; calls: string[] } {
  const calls: string[] = []
  const wrapped = wrapEnv(env, (call, go) => {
    calls.push(call.name)
    return go()
  })
  return { env: wrapped, calls }
}
