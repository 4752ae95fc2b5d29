/** The middleware: who is signed in, and the four routes of signing in and out. */
import type { Context, Env, MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'
import { signedOut } from '../../client/src/oidc/failure.ts'
import { receiveLogout } from './back-channel.ts'
import { endedInMemory, isEnded } from './ended-sessions.ts'
import { type GatehouseOptions, type Settings, settingsOf } from './options.ts'
import { type Providers, rememberProviders } from './provider.ts'
import { createRenewal, type Renew } from './renewal.ts'
import { type CookieSession, dropSession, keptSession, readSession, type User } from './session.ts'
import { beginSignIn, finishSignIn, signInPath, signOut } from './sign-in.ts'

/** `unknown`: the service or the store of ended sessions could not be asked, so nothing is known about the user. */
export type SessionStatus = 'signed_in' | 'signed_out' | 'unknown'

export interface GatehouseSession {
  readonly status: SessionStatus
  readonly user: User | null
  /** Returns an access token that is good for some seconds at least. Throws `signed_out` if there is none. */
  readonly getAccessToken: () => string
  /** The path that signs in and comes back to a path of this app. Default: the one of this request. */
  readonly signInPath: (returnTo?: string) => string
  /** Where a form with `method="post"` signs out. */
  readonly signOutPath: string
}

/** The variables of `c.var` for handlers. */
export interface GatehouseVariables {
  /** The user who is signed in, or null. */
  readonly user: User | null
  readonly gatehouse: GatehouseSession
}

/** A token is renewed this long before it expires, to allow for the duration of a request. */
const LEEWAY_MS = 30_000
const RETRY_SECONDS = '5'

/**
 * Puts the user into `c.var.user`, and answers the routes below `basePath`. `options` may be a function of the
 * context, where settings come with a request as on Workers.
 */
export function gatehouse<E extends Env = Env>(
  options: GatehouseOptions | ((c: Context<E>) => GatehouseOptions),
): MiddlewareHandler<E & { Variables: GatehouseVariables }> {
  const memory = endedInMemory()
  const providers = rememberProviders()
  const renew = createRenewal()
  const fixed = typeof options === 'function' ? undefined : settingsOf(options, memory)

  return createMiddleware<E & { Variables: GatehouseVariables }>(async (c, next) => {
    const settings = fixed ?? settingsOf((options as (c: Context) => GatehouseOptions)(c), memory)
    const answer = await ownRoute(c, settings, providers)
    if (answer) return answer

    const { session, status, keep } = await currentSession(c, settings, providers, renew)
    const user = session?.user ?? null
    const here = new URL(c.req.url)
    c.set('user', user)
    c.set('gatehouse', {
      status,
      user,
      getAccessToken() {
        if (!session) throw signedOut()
        return session.accessToken
      },
      signInPath: (returnTo = here.pathname + here.search) => signInPath(settings, returnTo),
      signOutPath: `${settings.basePath}/sign-out`,
    })
    await next()
    // After the handler, as it may return its own response.
    keep?.(c)
    // A shared cache would give one user's page to another. With a Set-Cookie it would give them the session, so then
    // the handler's own Cache-Control is replaced.
    if (keep || (user && !c.res.headers.has('cache-control'))) {
      c.header('cache-control', 'private, no-store')
    }
    return undefined
  })
}

/** Lets only users through. Others are sent to sign in if they asked for a page, and get 401 otherwise. */
export const requireUser: MiddlewareHandler<{ Variables: GatehouseVariables }> = async (
  c,
  next,
) => {
  const { status, signInPath: pathTo } = c.var.gatehouse
  if (status === 'signed_in') return next()
  c.header('cache-control', 'no-store')
  if (status === 'unknown') {
    c.header('retry-after', RETRY_SECONDS)
    return c.text('The session could not be checked. Try again in a moment.', 503)
  }
  if (isPageView(c)) return c.redirect(pathTo())
  return c.json({ code: 'signed_out' }, 401)
}

function isPageView(c: Context): boolean {
  if (c.req.method !== 'GET') return false
  const mode = c.req.header('sec-fetch-mode')
  return mode === undefined
    ? (c.req.header('accept') ?? '').includes('text/html')
    : mode === 'navigate'
}

async function ownRoute(
  c: Context,
  settings: Settings,
  providers: Providers,
): Promise<Response | undefined> {
  const { basePath } = settings
  if (!c.req.path.startsWith(`${basePath}/`)) return undefined
  const route = `${c.req.method} ${c.req.path.slice(basePath.length)}`
  const handler = {
    'GET /sign-in': beginSignIn,
    'GET /callback': finishSignIn,
    'POST /sign-out': signOut,
    'POST /back-channel-logout': receiveLogout,
  }[route]
  if (!handler) return undefined
  const answer = await handler(c, settings, providers)
  if (!answer.headers.has('cache-control')) answer.headers.set('cache-control', 'no-store')
  return answer
}

interface Current {
  readonly session?: CookieSession
  readonly status: SessionStatus
  /** Changes of the cookie. */
  readonly keep?: (c: Context) => void
}

async function currentSession(
  c: Context,
  settings: Settings,
  providers: Providers,
  renew: Renew,
): Promise<Current> {
  const session = await readSession(c, settings)
  if (!session) return { status: 'signed_out' }
  const over: Current = { status: 'signed_out', keep: (at) => dropSession(at, settings) }
  try {
    const { user, startedAt, expiresAt, refreshToken } = session
    if (await isEnded(settings.ended, { ...user, sid: user.sid, startedAt })) return over
    if (expiresAt - LEEWAY_MS > Date.now()) return { session, status: 'signed_in' }
    if (refreshToken === undefined) {
      return expiresAt > Date.now() ? { session, status: 'signed_in' } : over
    }
    const provider = await providers.of(settings)
    const old = { ...session, refreshToken }
    const renewed = await renew(settings, provider, old, (promise) => waitUntil(c, promise))
    if (!renewed) return over
    return { session: renewed, status: 'signed_in', keep: await keptSession(settings, renewed) }
  } catch (error) {
    console.error('gatehouse: the session could not be checked', error)
    return { status: 'unknown' }
  }
}

function waitUntil(c: Context, promise: Promise<unknown>): void {
  try {
    c.executionCtx.waitUntil(promise)
  } catch {
    // There is none on Node, where a request that has gone cuts nothing off.
  }
}
