/**
 * Renewal of a session by its refresh token. A browser sends requests in parallel, all with the same cookie, and
 * a refresh token may be used once. So requests share one renewal, and for some seconds those that still come
 * with the old cookie get its result. Between processes and isolates the service's own grace does the same:
 * REFRESH_GRACE_SECONDS.
 */
import type { Provider } from '../../client/src/oidc/discovery.ts'
import { isSignInError } from '../../client/src/oidc/failure.ts'
import { verifyIdToken } from '../../client/src/oidc/id-token.ts'
import { requestTokens, type TokenAnswer } from '../../client/src/oidc/tokens.ts'
import type { Settings } from './options.ts'
import { type CookieSession, sessionOf, userOf } from './session.ts'

/** How long the result is kept for requests with the old cookie. */
const KEPT_MS = 30_000
const CLOCK_TOLERANCE_SECONDS = 60

interface Sharing {
  readonly answer: Promise<TokenAnswer>
  readonly until: number
}

export type Renew = (
  settings: Settings,
  provider: Provider,
  session: CookieSession & { readonly refreshToken: string },
  /** Keeps a Worker alive until a promise has settled, though its request may have gone. */
  waitUntil: (promise: Promise<unknown>) => void,
) => Promise<CookieSession | undefined>

/** Makes a function that returns the renewed session, or undefined when the service has ended it. */
export function createRenewal(): Renew {
  const shared = new Map<string, Sharing>()

  const ask = (settings: Settings, provider: Provider, refreshToken: string) => {
    const { asking, app } = settings
    const grant = { grant_type: 'refresh_token', refresh_token: refreshToken }
    const answer = requestTokens(asking, provider, app, grant)
    // A failure is not kept: the next request tries again.
    answer.catch(() => shared.delete(refreshToken))
    const until = Date.now() + settings.asking.timeoutMs + KEPT_MS
    shared.set(refreshToken, { answer, until })
    return answer
  }

  const prune = () => {
    for (const [token, { until }] of shared) if (until <= Date.now()) shared.delete(token)
  }

  return async (settings, provider, session, waitUntil) => {
    const { refreshToken } = session
    prune()
    const others = shared.get(refreshToken)?.answer
    try {
      const answer = others
        ? ((await withinTime(others, settings.asking.timeoutMs)) ??
          // The request that asked was cut off, and took its answer with it.
          (await ask(settings, provider, refreshToken)))
        : await started(ask(settings, provider, refreshToken), waitUntil)
      return renewedSession(settings, session, answer)
    } catch (error) {
      if (isSignInError(error) && error.outcome === 'unauthorised') return undefined
      throw error
    }
  }
}

function started<T>(
  promise: Promise<T>,
  waitUntil: (promise: Promise<unknown>) => void,
): Promise<T> {
  waitUntil(promise.catch(() => undefined))
  return promise
}

function withinTime<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), milliseconds)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function renewedSession(
  settings: Settings,
  old: CookieSession,
  answer: TokenAnswer,
): CookieSession {
  if (answer.idToken === undefined) return sessionOf(answer, old.user, old)
  const { sub } = old.user
  const { issuer, app } = settings
  const expected = { issuer, clientId: app.clientId, sub, nonce: old.nonce }
  const claims = verifyIdToken(answer.idToken, { ...expected, tolerance: CLOCK_TOLERANCE_SECONDS })
  // Keep the claims of userinfo: a renewal need not repeat them.
  return sessionOf(answer, { ...old.user, ...userOf(claims) }, old)
}
