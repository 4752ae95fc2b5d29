/**
 * Sign-in by redirect for apps that run in a browser: OAuth 2.1 and OpenID Connect, with the code flow and
 * PKCE. The page never sees a password. All state is in the storage that was chosen and in the service.
 */
import { ask, type Asking, type Fetch } from '../oidc/ask.ts'
import {
  authorizeUrl,
  codeOf,
  newAttempt,
  pathWithin,
  random,
  type SignInRequest,
} from '../oidc/attempt.ts'
import { checkIssuer, discover, type Provider } from '../oidc/discovery.ts'
import { isSignInError, refused } from '../oidc/failure.ts'
import { type IdTokenClaims, verifyIdToken } from '../oidc/id-token.ts'
import { requestTokens, revokeToken } from '../oidc/tokens.ts'
import { browser } from './browser.ts'
import { listen, tell, type TabMessage } from './channel.ts'
import { createRenewal, type RedirectEvent } from './renewal.ts'
import { type AppSession, appStorage, type StorageChoice } from './storage.ts'

export interface RedirectOptions {
  /** The service's PUBLIC_URL, such as https://auth.example.com. */
  readonly issuer: string
  readonly clientId: string
  /** Where users come back to, as it is registered. Default: `/` of the page's origin. */
  readonly redirectUri?: string
  /** Where users come back to after signing out, as it is registered. Default: `/` of the page's origin. */
  readonly postLogoutRedirectUri?: string
  /** Default: `openid profile email`. */
  readonly scope?: string
  /** The API that access tokens are for (RFC 8707). */
  readonly resource?: string
  /** Where the session is kept. Default: `sessionStorage`. */
  readonly storage?: StorageChoice
  /** The most milliseconds that a request to the service may take. Default: 10,000. */
  readonly timeoutMs?: number
  readonly fetch?: Fetch
  /** Leaves the page. Default: `location.assign`. */
  readonly navigate?: (url: string) => void
}

export interface SignInOptions extends SignInRequest {
  /** The place in the app to return to. Default: where the page is now. */
  readonly returnTo?: string
}

export interface Returned {
  /** null after `prompt: 'none'` when nobody is signed in at the service. */
  readonly user: IdTokenClaims | null
  /** A path within the app. */
  readonly returnTo: string
}

export interface RedirectClient {
  /** Sends the browser to the service. */
  readonly signInWithRedirect: (options?: SignInOptions) => Promise<void>
  /**
   * Finishes a sign-in if the page's address is its answer, which is then removed from the address. Returns null
   * if it is none. Throws a GatehouseSignInError, such as `access_denied` or `unknown_attempt`.
   */
  readonly handleRedirect: (url?: string) => Promise<Returned | null>
  /**
   * Returns an access token that is good for some seconds at least. `refused` is a token that an API has refused: then
   * it returns another one. Throws `signed_out` when there is no session, or no longer.
   */
  readonly getAccessToken: (options?: { readonly refused?: string }) => Promise<string>
  /** The user as last received, or null. Makes no request: `fetchUser` and the app's API know what is true now. */
  readonly getUser: () => IdTokenClaims | null
  /** Asks the service who the user is now (userinfo), and so whether the session is still live. */
  readonly fetchUser: () => Promise<IdTokenClaims>
  /**
   * Forgets the session, and sends the browser to the service to end its own. If the service cannot be reached,
   * it throws and forgets nothing.
   */
  readonly signOut: () => Promise<void>
  /** Returns a function that unsubscribes. */
  readonly subscribe: (listener: (event: RedirectEvent) => void) => () => void
}

const TIMEOUT_MS = 10_000
/** Clocks of users' machines are often wrong by minutes. */
const CLOCK_TOLERANCE_SECONDS = 300
const NOBODY = [
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
]

/** Creates a client. Touches neither the page nor the network. Throws a TypeError for an issuer without TLS. */
export function createRedirectClient(options: RedirectOptions): RedirectClient {
  const { clientId, scope = 'openid profile email', resource } = options
  const issuer = checkIssuer(options.issuer)
  const key = `gatehouse:${clientId}@${issuer}`
  const storage = appStorage(options.storage ?? 'sessionStorage', key)
  const asking: Asking = {
    fetch: options.fetch ?? ((request) => globalThis.fetch(request)),
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
  }
  const tolerance = CLOCK_TOLERANCE_SECONDS
  const listeners = new Set<(event: RedirectEvent) => void>()
  const me = random()
  const emitHere = (event: RedirectEvent) => {
    for (const listener of listeners) queueMicrotask(() => listener(event))
  }
  const emit = (event: RedirectEvent, version: string | null) => {
    emitHere(event)
    const { type } = event
    const reason = type === 'signed_out' ? event.reason : undefined
    // A sign-out at the service ends the sessions of all tabs, even if they share no storage.
    if (storage.isShared || reason === 'requested') {
      tell(key, { from: me, type, version, ...(reason && { reason }) })
    }
  }
  let found: Promise<Provider> | undefined
  const provider = () => {
    found ??= discover(asking, issuer).catch((error: unknown) => {
      // The next call asks again.
      found = undefined
      throw error
    })
    return found
  }
  const renewal = createRenewal({ key, storage, asking, clientId, tolerance, provider, emit })

  const home = () => new URL('/', browser.location.origin).href
  const redirectUri = () => options.redirectUri ?? home()
  const navigate = (url: string) => (options.navigate ?? ((to) => browser.location.assign(to)))(url)

  const userinfo = async (session: AppSession): Promise<IdTokenClaims> => {
    const { userinfoEndpoint } = await provider()
    if (userinfoEndpoint === undefined || resource !== undefined) return session.user
    const headers = { authorization: `Bearer ${session.accessToken}` }
    const claims = await ask(asking, userinfoEndpoint, { headers })
    // Another user's claims would belong to another token (OpenID Connect Core, section 5.3.2).
    if (claims['sub'] !== session.user.sub) throw refused('invalid_answer', 'sub is another user')
    return { ...claims, ...protocolClaims(session.user) }
  }

  /** Keeps claims that were asked for with a token, unless the session has changed meanwhile. */
  const keepUser = (asked: AppSession, user: IdTokenClaims) => {
    const now = storage.get()
    if (now?.lineage !== asked.lineage) return
    renewal.replace({ ...now, user }, { type: 'renewed', user })
  }

  const finish = async (answer: URLSearchParams): Promise<Returned> => {
    const attempt = storage.takeAttempt(answer.get('state') ?? '')
    if (!attempt)
      throw refused('unknown_attempt', 'This browser did not begin this sign-in, or too long ago')
    const { nonce, verifier, maxAge } = attempt
    const returnTo = pathWithin(browser.location.origin, attempt.returnTo)
    try {
      const known = await provider()
      const grant = {
        grant_type: 'authorization_code',
        code: codeOf(answer, known),
        redirect_uri: redirectUri(),
        code_verifier: verifier,
      }
      const tokens = await requestTokens(asking, known, { clientId }, grant)
      const { idToken = '' } = tokens
      const claims = verifyIdToken(idToken, { issuer, clientId, nonce, maxAge, tolerance })
      const session = {
        accessToken: tokens.accessToken,
        expiresAt: tokens.expiresAt,
        refreshToken: tokens.refreshToken ?? null,
        idToken,
        user: claims,
        scope: tokens.scope ?? scope,
        lineage: random(),
        renewals: 0,
      }
      // Many services give a name in userinfo only. The sign-in is complete without it.
      const user = await userinfo(session).catch(() => claims)
      renewal.replace({ ...session, user }, { type: 'signed_in', user })
      return { user, returnTo }
    } catch (error) {
      if (!isSignInError(error)) throw error
      if (attempt.isSilent && NOBODY.includes(error.code)) return { user: null, returnTo }
      error.returnTo = returnTo
      throw error
    }
  }

  const isVisible = ({ version }: TabMessage) =>
    !storage.isShared || (storage.get()?.version ?? null) === version

  /** Another tab has done something. */
  const heard = ({ from, type, reason = 'ended' }: TabMessage) => {
    if (from === me) return
    if (type === 'signed_out') {
      if (storage.get() && !storage.isShared) storage.set(null)
      emitHere({ type, reason })
      return
    }
    const user = storage.get()?.user
    if (user) emitHere({ type, user })
  }

  let handling: Promise<Returned> | undefined
  let stopListening: (() => void) | undefined

  return {
    async signInWithRedirect({ returnTo, ...request } = {}) {
      const place = pathWithin(browser.location.origin, returnTo ?? browser.location.href)
      const attempt = {
        ...newAttempt(place),
        maxAge: request.maxAge,
        isSilent: request.prompt === 'none',
      }
      const state = random()
      const app = { clientId, redirectUri: redirectUri(), scope, resource }
      const url = await authorizeUrl(await provider(), app, state, attempt, request)
      storage.keepAttempt(state, attempt)
      navigate(url)
    },

    async handleRedirect(url = browser.location.href) {
      const here = new URL(url)
      const { origin, pathname } = new URL(redirectUri())
      const answer = new URLSearchParams(here.search)
      const state = answer.get('state')
      const isAnswer = state !== null && (answer.has('code') || answer.has('error'))
      // A second call, as React makes it in development, waits for the first one.
      if (handling) return handling
      if (!isAnswer || here.origin !== origin || here.pathname !== pathname) return null
      // A reload or a bookmark must not send the code again.
      if (url === browser.location.href)
        browser.history.replaceState(browser.history.state, '', withoutAnswer(here))
      handling = finish(answer).finally(() => {
        handling = undefined
      })
      return handling
    },

    async getAccessToken({ refused: refusedToken } = {}) {
      return (await renewal.current(refusedToken)).accessToken
    },

    getUser: () => storage.get()?.user ?? null,

    async fetchUser() {
      const session = await renewal.current()
      // Userinfo refuses a token for an API. A renewal shows whether the session is live, too.
      if (resource !== undefined) return (await renewal.current(session.accessToken)).user
      try {
        const user = await userinfo(session)
        keepUser(session, user)
        return user
      } catch (error) {
        if (!isSignInError(error) || error.outcome !== 'unauthorised') throw error
        // If the session has ended, there is no other token, and this throws `signed_out`.
        const renewed = await renewal.current(session.accessToken)
        const user = await userinfo(renewed)
        keepUser(renewed, user)
        return user
      }
    },

    async signOut() {
      const known = await provider()
      const session = storage.get()
      // A session that outlives the browser's has to be ended by itself.
      const isOffline = session?.scope.split(' ').includes('offline_access')
      if (session?.refreshToken && (isOffline || known.endSessionEndpoint === undefined)) {
        await revokeToken(asking, known, { clientId }, session.refreshToken)
      }
      renewal.replace(null, { type: 'signed_out', reason: 'requested' })
      const after = options.postLogoutRedirectUri ?? home()
      if (known.endSessionEndpoint === undefined) {
        navigate(after)
        return
      }
      const url = new URL(known.endSessionEndpoint)
      url.searchParams.set('client_id', clientId)
      url.searchParams.set('post_logout_redirect_uri', after)
      if (session) url.searchParams.set('id_token_hint', session.idToken)
      navigate(url.href)
    },

    subscribe(listener) {
      listeners.add(listener)
      stopListening ??= listen(key, isVisible, heard)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        stopListening?.()
        stopListening = undefined
      }
    },
  }
}

/** The claims that userinfo does not know, and must not replace. */
const PROTOCOL = [
  'iss',
  'sub',
  'aud',
  'azp',
  'exp',
  'iat',
  'nonce',
  'auth_time',
  'sid',
  'acr',
  'amr',
]

const protocolClaims = (claims: IdTokenClaims) =>
  Object.fromEntries(
    Object.entries(claims).filter(([name]) => PROTOCOL.includes(name)),
  ) as unknown as IdTokenClaims

function withoutAnswer(url: URL): string {
  const rest = new URL(url)
  for (const name of [
    'code',
    'state',
    'iss',
    'error',
    'error_description',
    'error_uri',
    'session_state',
  ]) {
    rest.searchParams.delete(name)
  }
  return rest.href
}
