/**
 * Stands in front of the production bundle and counts what all of it asks of D1: requests, queue
 * consumers and schedules alike, by D1's own figures, which are what is billed. Mails are kept for the
 * tokens in them. What is under way is told too, so that a measurement knows when it is over.
 */
// The bundle lies beside this module when it is served.
// @ts-expect-error There is no such file here.
import worker from './index.js'
// @ts-expect-error As above.
export * from './index.js'

interface Figures {
  calls: number
  rows_read: number
  rows_written: number
  d1_ms: number
}

const nothing = (): Figures => ({ calls: 0, rows_read: 0, rows_written: 0, d1_ms: 0 })
let figures = nothing()
let pending = 0
let mails: { to: string; text: string }[] = []

type Meta = { rows_read?: number; rows_written?: number; duration?: number }
type Counted = { meta: Meta }

async function counted<T extends Counted | Counted[]>(work: Promise<T>): Promise<T> {
  figures.calls += 1
  const result = await work
  for (const { meta } of Array.isArray(result) ? result : [result]) {
    figures.rows_read += meta.rows_read ?? 0
    figures.rows_written += meta.rows_written ?? 0
    figures.d1_ms += meta.duration ?? 0
  }
  return result
}

const real = new WeakMap<object, D1PreparedStatement>()
/** What an isolate reads at most once in five seconds is nobody's cost: the roles and permissions. */
const ROLE_MAP =
  /^select "roles"\."id", "roles"\."name", permissions\.name|^select "name" from "permissions"$/

function statement(inner: D1PreparedStatement, sql: string): D1PreparedStatement {
  const all = async () => {
    const result = inner.all() as Promise<D1Result & Counted>
    return ROLE_MAP.test(sql) ? result : counted(result)
  }
  const outer = {
    bind: (...values: unknown[]) => statement(inner.bind(...values), sql),
    all,
    run: all,
    first: async () => (await all()).results[0] ?? null,
    raw: async () =>
      (await all()).results.map((row) => Object.values(row as Record<string, unknown>)),
  } as unknown as D1PreparedStatement
  real.set(outer, inner)
  return outer
}

function database(inner: D1Database): D1Database {
  return {
    prepare: (sql: string) => statement(inner.prepare(sql), sql),
    batch: (statements: D1PreparedStatement[]) =>
      counted(inner.batch(statements.map((each) => real.get(each) ?? each)) as Promise<never[]>),
    withSession: (constraint: string) =>
      Object.assign(database(inner.withSession(constraint) as unknown as D1Database), {
        getBookmark: () => null,
      }),
  } as unknown as D1Database
}

interface Bindings {
  DB: D1Database
  EVENTS_QUEUE: Queue
  EMAIL: unknown
}

// One for each environment: the bundle remembers things by it.
const wrapped = new WeakMap<object, Bindings>()

function metered(env: Bindings): Bindings {
  const known = wrapped.get(env)
  if (known) return known
  const EMAIL = {
    send: async (mail: { to: string; text: string }) => {
      mails.push({ to: JSON.stringify(mail.to), text: mail.text })
      return { messageId: 'bench' }
    },
  }
  const made = { ...env, DB: database(env.DB), EMAIL }
  wrapped.set(env, made)
  return made
}

async function underWay<T>(work: () => T | Promise<T>): Promise<T> {
  pending += 1
  try {
    return await work()
  } finally {
    pending -= 1
  }
}

const watch = (ctx: ExecutionContext): ExecutionContext =>
  new Proxy(ctx, {
    get(target, key) {
      if (key === 'waitUntil') {
        return (promise: Promise<unknown>) => target.waitUntil(underWay(() => promise))
      }
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })

export default {
  async fetch(request: Request, env: Bindings, ctx: ExecutionContext): Promise<Response> {
    const url = new URL(request.url)
    switch (url.pathname) {
      case '/__bench/figures':
        return Response.json({ ...figures, pending })
      case '/__bench/reset':
        figures = nothing()
        mails = []
        return new Response('ok')
      case '/__bench/mails':
        return Response.json(mails)
      case '/__bench/active': {
        // What a user's object reports at the user's first request of a day.
        const at = Date.now()
        const subject = url.searchParams.get('subject')
        const id =
          `${at.toString(16).padStart(12, '0').replace(/^.{8}/, '$&-')}-7000-8000-${at}`.slice(
            0,
            36,
          )
        const from = {
          ip: '203.0.113.7',
          country: 'DE',
          user_agent: 'Mozilla/5.0 (X11; Linux x86_64)',
        }
        await env.EVENTS_QUEUE.send({ id, at, event: 'user.active', subject, ...from, data: {} })
        return new Response('ok')
      }
      case '/__bench/cron':
        await underWay(() =>
          worker.scheduled({ cron: url.searchParams.get('cron') }, metered(env), watch(ctx)),
        )
        return new Response('ok')
      default:
        return underWay(() => worker.fetch(request, metered(env), watch(ctx)))
    }
  },
  queue: (batch: MessageBatch, env: Bindings, ctx: ExecutionContext) =>
    underWay(() => worker.queue(batch, metered(env), watch(ctx))),
}
