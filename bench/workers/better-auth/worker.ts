/**
 * better-auth as its documentation sets it up on Workers: its own support for D1, e-mail and password,
 * the plugins that come nearest to what Gatehouse does, one instance an isolate. Its rate limit is off,
 * as it would refuse the load; verification mails are off, as they are not what is measured.
 */
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { admin, bearer, twoFactor } from 'better-auth/plugins'
import { env } from 'cloudflare:workers'

interface Bindings {
  DB: D1Database
  COOKIE_CACHE: string
  METER?: string
}
const bindings = env as unknown as Bindings

const figures = { calls: 0, rows_read: 0, rows_written: 0 }

/** Counts what is asked of D1, where rows are what is measured and not time. */
function metered(database: D1Database): D1Database {
  const statement = (inner: D1PreparedStatement): D1PreparedStatement => {
    const all = async () => {
      const result = await inner.all()
      figures.calls += 1
      figures.rows_read += result.meta.rows_read
      figures.rows_written += result.meta.rows_written
      return result
    }
    return {
      bind: (...values: unknown[]) => statement(inner.bind(...values)),
      all,
      run: all,
    } as unknown as D1PreparedStatement
  }
  return {
    prepare: (sql: string) => statement(database.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) => Promise.all(statements.map((each) => each.all())),
    exec: (sql: string) => database.exec(sql),
  } as unknown as D1Database
}

const auth = betterAuth({
  database: bindings.METER === 'on' ? metered(bindings.DB) : bindings.DB,
  baseURL: 'http://localhost:8787',
  secret: 'k8fJ2mXq0Zr7Vw3Ty6Ub9Nc5Pd1Ls4Ga',
  emailAndPassword: { enabled: true },
  session: { cookieCache: { enabled: bindings.COOKIE_CACHE === 'on', maxAge: 300 } },
  plugins: [admin(), twoFactor(), bearer()],
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
})

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/__figures') return Response.json(figures)
    if (pathname !== '/__migrate') return auth.handler(request)
    const { runMigrations } = await getMigrations(auth.options)
    await runMigrations()
    return new Response('ok')
  },
}
