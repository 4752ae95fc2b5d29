/**
 * The session of an app in a page: its tokens, and their renewal. A refresh token is used once (RFC 9700,
 * section 4.14.2): the service takes a second use for a theft and ends the session. So calls of a page
 * share one renewal, tabs wait for each other, and the second takes what the first one got.
 */
import type { Asking } from '../oidc/ask.ts'
import type { Provider } from '../oidc/discovery.ts'
import { isSignInError, signedOut } from '../oidc/failure.ts'
import { type IdTokenClaims, verifyIdToken } from '../oidc/id-token.ts'
import { requestTokens } from '../oidc/tokens.ts'
import { exclusively } from './lock.ts'
import type { AppSession, AppStorage } from './storage.ts'

export type RedirectEvent =
  /** Also when another tab that shares the storage has signed in. */
  | { readonly type: 'signed_in'; readonly user: IdTokenClaims }
  /** The claims of the user have been read again. */
  | { readonly type: 'renewed'; readonly user: IdTokenClaims }
  /** `requested` by signOut here or in another tab; `ended` when the service has ended the session. */
  | { readonly type: 'signed_out'; readonly reason: 'requested' | 'ended' }

/** A token is renewed this long before it expires, to allow for the duration of a request. */
const LEEWAY_MS = 10_000

export interface Renewal {
  /** Returns a session with an access token that is valid for some seconds, or is at least another one. */
  readonly current: (refusedToken?: string) => Promise<AppSession>
  readonly replace: (session: AppSession | null, event: RedirectEvent) => void
}

export function createRenewal(about: {
  readonly key: string
  readonly storage: AppStorage
  readonly asking: Asking
  readonly clientId: string
  readonly tolerance: number
  readonly provider: () => Promise<Provider>
  /** Notifies this page and the other tabs. */
  readonly emit: (event: RedirectEvent, version: string | null) => void
}): Renewal {
  const { key, storage, asking, clientId, emit } = about
  let renewing: Promise<AppSession> | undefined

  const replace = (session: AppSession | null, event: RedirectEvent) => {
    emit(event, storage.set(session))
  }

  const end = (): never => {
    replace(null, { type: 'signed_out', reason: 'ended' })
    throw signedOut()
  }

  /** Whether a session has to be renewed before it is used. */
  const isOld = (session: AppSession, refusedToken?: string) =>
    session.accessToken === refusedToken || session.expiresAt - LEEWAY_MS < Date.now()

  const renewed = async (refusedToken?: string): Promise<AppSession> => {
    const old = storage.get()
    if (!old) throw signedOut()
    // Another tab was quicker.
    if (!isOld(old, refusedToken)) return old
    if (old.refreshToken === null || storage.isSuperseded(old)) return end()
    const provider = await about.provider()
    const fresh = await exchanged(provider, old, old.refreshToken)
    const now = storage.get()
    // Do not undo a sign-out or a sign-in that happened meanwhile.
    if (!now) throw signedOut()
    if (now.accessToken !== old.accessToken) return now
    if (!fresh) return end()
    replace(fresh, { type: 'renewed', user: fresh.user })
    return fresh
  }

  /** Returns undefined when the service has ended the session. */
  const exchanged = async (
    provider: Provider,
    old: AppSession,
    refreshToken: string,
  ): Promise<AppSession | undefined> => {
    const grant = { grant_type: 'refresh_token', refresh_token: refreshToken }
    try {
      const answer = await requestTokens(asking, provider, { clientId }, grant)
      const { idToken = old.idToken } = answer
      const { issuer } = provider
      const { sub, nonce } = old.user
      const { tolerance } = about
      const user = answer.idToken
        ? verifyIdToken(idToken, { issuer, clientId, sub, nonce, tolerance })
        : old.user
      return {
        accessToken: answer.accessToken,
        expiresAt: answer.expiresAt,
        refreshToken: answer.refreshToken ?? refreshToken,
        idToken,
        // Keep the claims of userinfo: a renewal need not repeat them.
        user: { ...old.user, ...user, ...(nonce !== undefined && { nonce }) },
        scope: answer.scope ?? old.scope,
        lineage: old.lineage,
        renewals: old.renewals + 1,
      }
    } catch (error) {
      if (isSignInError(error) && error.outcome === 'unauthorised') return undefined
      throw error
    }
  }

  return {
    replace,
    async current(refusedToken) {
      const session = storage.get()
      if (!session) throw signedOut()
      if (!isOld(session, refusedToken)) return session
      // The lock is held for two requests at most.
      renewing ??= exclusively(key, 3 * asking.timeoutMs, () => renewed(refusedToken)).finally(
        () => {
          renewing = undefined
        },
      )
      return renewing
    },
  }
}
