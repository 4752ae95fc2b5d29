/** From the app to the service and back, and out again. */
import type { Context } from 'hono'
import { html } from 'hono/html'
import { ask } from '../../client/src/oidc/ask.ts'
import {
  type Attempt,
  ATTEMPT_LIFE_MS,
  authorizeUrl,
  codeOf,
  isExpired,
  newAttempt,
  pathWithin,
  random,
} from '../../client/src/oidc/attempt.ts'
import type { Provider } from '../../client/src/oidc/discovery.ts'
import { type GatehouseSignInError, isSignInError, refused } from '../../client/src/oidc/failure.ts'
import { verifyIdToken } from '../../client/src/oidc/id-token.ts'
import { requestTokens, revokeToken, type TokenAnswer } from '../../client/src/oidc/tokens.ts'
import { dropCookie, encrypt, readCookie, writeCookie } from './encrypted-cookie.ts'
import { end } from './ended-sessions.ts'
import type { Settings } from './options.ts'
import type { Providers } from './provider.ts'
import { dropSession, keptSession, readSession, sessionOf, userOf } from './session.ts'

const CLOCK_TOLERANCE_SECONDS = 60
/** Attempts that a browser may have at once. Each is a cookie, and a request has room for some. */
const MOST_ATTEMPTS = 5
const RETRY_SECONDS = '5'

const attemptPrefix = ({ cookieName }: Settings) => `${cookieName}-attempt-`
/** Each attempt has its own cookie, so that two tabs do not overwrite each other's. */
const attemptCookie = (settings: Settings, state: string) =>
  attemptPrefix(settings) + state.replaceAll(/[^\w-]/g, '').slice(0, 16)

const redirectUri = ({ origin, basePath }: Settings) => `${origin}${basePath}/callback`
export const signInPath = ({ basePath }: Settings, returnTo: string): string =>
  `${basePath}/sign-in?return_to=${encodeURIComponent(returnTo)}`

/**
 * `GET /auth/sign-in?return_to=/path`. Also the `initiate_login_uri` of the app: the service may name itself,
 * the user and the place to go to (OpenID Connect Core, section 4).
 */
export async function beginSignIn(
  c: Context,
  settings: Settings,
  providers: Providers,
): Promise<Response> {
  const { return_to, target_link_uri, login_hint: loginHint, iss } = c.req.query()
  if (iss !== undefined && iss !== settings.issuer) {
    return failed(c, settings, refused('wrong_issuer', 'This app signs in elsewhere'))
  }
  const place = pathWithin(settings.origin, return_to ?? target_link_uri ?? '/')
  // Back to here would be a circle.
  const returnTo = place.startsWith(`${settings.basePath}/`) ? '/' : place
  try {
    const attempt = newAttempt(returnTo)
    const state = random()
    const app = { ...settings, ...settings.app, redirectUri: redirectUri(settings) }
    const url = await authorizeUrl(await providers.of(settings), app, state, attempt, { loginHint })
    const name = attemptCookie(settings, state)
    const text = await encrypt(settings.keys, name, { ...attempt, state })
    forgetOldAttempts(c, settings)
    writeCookie(c, settings, name, text, ATTEMPT_LIFE_MS / 1000)
    return c.redirect(url)
  } catch (error) {
    return failed(c, settings, error)
  }
}

function forgetOldAttempts(c: Context, settings: Settings): void {
  const names = Array.from(
    (c.req.header('cookie') ?? '').matchAll(/(?:^|;\s*)(?:__Host-)?([\w-]+)=/g),
    ([, name = '']) => name,
  ).filter((name) => name.startsWith(attemptPrefix(settings)))
  for (const name of names.slice(0, 1 - MOST_ATTEMPTS)) {
    dropCookie(c, settings, name)
  }
}

/** `GET /auth/callback`: the answer of the service. */
export async function finishSignIn(
  c: Context,
  settings: Settings,
  providers: Providers,
): Promise<Response> {
  const answer = new URL(c.req.url).searchParams
  const state = answer.get('state') ?? ''
  const name = attemptCookie(settings, state)
  const attempt = (await readCookie(c, settings, name)) as
    | (Attempt & { readonly state: string })
    | undefined
  dropCookie(c, settings, name)
  try {
    if (!attempt || attempt.state !== state || isExpired(attempt)) {
      throw refused('unknown_attempt', 'This browser did not begin this sign-in, or too long ago')
    }
    const provider = await providers.of(settings)
    const grant = {
      grant_type: 'authorization_code',
      code: codeOf(answer, provider),
      redirect_uri: redirectUri(settings),
      code_verifier: attempt.verifier,
    }
    const tokens = await requestTokens(settings.asking, provider, settings.app, grant)
    const session = await begunSession(settings, provider, tokens, attempt.nonce)
    const keep = await keptSession(settings, session)
    keep(c)
    return c.redirect(pathWithin(settings.origin, attempt.returnTo), 303)
  } catch (error) {
    return failed(c, settings, error)
  }
}

async function begunSession(
  settings: Settings,
  provider: Provider,
  tokens: TokenAnswer,
  nonce: string,
) {
  const { issuer, app, asking, scope } = settings
  const claims = verifyIdToken(tokens.idToken ?? '', {
    issuer,
    clientId: app.clientId,
    nonce,
    tolerance: CLOCK_TOLERANCE_SECONDS,
  })
  // Many services give a name in userinfo only. The sign-in is complete without it.
  const headers = { authorization: `Bearer ${tokens.accessToken}` }
  const { userinfoEndpoint } = provider
  // It refuses a token for an API. The ID token has the same claims then.
  const asked =
    userinfoEndpoint === undefined || settings.resource !== undefined
      ? undefined
      : ask(asking, userinfoEndpoint, { headers })
  const userinfo = await asked?.catch(() => undefined)
  // Another user's claims would belong to another token (OpenID Connect Core, section 5.3.2).
  const user = userOf(claims, userinfo?.['sub'] === claims.sub ? userinfo : {})
  return sessionOf(tokens, user, { scope, nonce, startedAt: Math.floor(Date.now() / 1000) })
}

/** `POST /auth/sign-out`: ends the session here, and sends the browser to the service to end its own. */
export async function signOut(
  c: Context,
  settings: Settings,
  providers: Providers,
): Promise<Response> {
  if (!isOwnForm(c, settings)) return c.text('This request comes from another site', 403)
  try {
    const session = await readSession(c, settings)
    const provider = await providers.of(settings)
    if (session) {
      const { scope, refreshToken, startedAt, user } = session
      const { sid, sub } = user
      const now = Math.floor(Date.now() / 1000)
      // A copy of the cookie, and a renewal that is under way, end here too.
      if (sid !== undefined) {
        await end(settings.ended, { sid, sub }, now, startedAt + settings.sessionSeconds)
      }
      // A session that outlives the browser's has to be ended by itself.
      const isOffline = scope.split(' ').includes('offline_access')
      if (refreshToken !== undefined && (isOffline || provider.endSessionEndpoint === undefined)) {
        await revokeToken(settings.asking, provider, settings.app, refreshToken)
      }
    }
    dropSession(c, settings)
    if (provider.endSessionEndpoint === undefined) return c.redirect(settings.afterSignOut, 303)
    const url = new URL(provider.endSessionEndpoint)
    url.searchParams.set('client_id', settings.app.clientId)
    url.searchParams.set('post_logout_redirect_uri', settings.afterSignOut)
    if (session?.idToken !== undefined) url.searchParams.set('id_token_hint', session.idToken)
    return c.redirect(url.href, 303)
  } catch (error) {
    return failed(c, settings, error)
  }
}

/** Whether a form of this app sent the request. Another site must not sign users out. */
function isOwnForm(c: Context, { origin }: Settings): boolean {
  const [site, from] = [c.req.header('sec-fetch-site'), c.req.header('origin')]
  return site === undefined ? from === origin : site === 'same-origin'
}

/** The page for a sign-in that failed. Throws what is no failure of one. */
async function failed(c: Context, settings: Settings, error: unknown): Promise<Response> {
  if (!isSignInError(error)) throw error
  if (settings.onError) return settings.onError(error, c)
  return defaultPage(c, settings, error)
}

async function defaultPage(c: Context, settings: Settings, error: GatehouseSignInError) {
  const isTemporary = ['failed', 'unreachable', 'timed_out'].includes(error.outcome)
  if (isTemporary) c.header('retry-after', RETRY_SECONDS)
  const path = signInPath(settings, '/')
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Sign-in failed</title>
      </head>
      <body>
        <main>
          <h1>Sign-in failed</h1>
          <p>${error.message}</p>
          <p><a href="${path}">Sign in again</a></p>
        </main>
      </body>
    </html>`
  return c.html(page, isTemporary ? 503 : 400)
}
