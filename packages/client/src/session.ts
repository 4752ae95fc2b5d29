/**
 * The session of a client. It adds the access token to requests, and exchanges the refresh token
 * when the access token has expired or is refused. However many calls notice that at once, there is
 * one exchange, and all of them continue with its result. A call is never sent with the tokens of
 * another session than the one in which it began, even if somebody has signed in meanwhile.
 */
import type { Login, User } from './api.ts'
import { within } from './deadline.ts'
import { GatehouseProblem, isProblem } from './failure.ts'
import { isSameSession, type Tokens, tokensOf, type TokenStore } from './tokens.ts'

export type SessionEvent =
  | { readonly type: 'signed_in'; readonly user: User }
  /** `requested` by signOut; `ended` when the service no longer accepts the tokens. */
  | { readonly type: 'signed_out'; readonly reason: 'requested' | 'ended' }

export interface Session {
  /** Sends a request with the token, which is renewed if necessary. */
  readonly send: (request: Request) => Promise<Response>
  readonly begin: (login: Login) => Promise<void>
  /** Drops the session that `leave` has ended, but not one that began meanwhile. */
  readonly end: (leave: () => Promise<unknown>) => Promise<void>
  readonly subscribe: (listener: (event: SessionEvent) => void) => () => void
}

/** A token is renewed this long before it expires, to allow for the duration of a request. */
const LEEWAY_MS = 10_000

export function createSession(with_: {
  store: TokenStore
  fetch: (request: Request) => Promise<Response>
  /** Exchanges a refresh token. Throws the service's problem when it is refused. */
  exchange: (refreshToken: string) => Promise<Login>
}): Session {
  const { store, fetch, exchange } = with_
  const listeners = new Set<(event: SessionEvent) => void>()
  let renewing: Promise<Tokens> | undefined

  const tell = (event: SessionEvent) => {
    for (const listener of listeners) queueMicrotask(() => listener(event))
  }

  const drop = async (reason: 'requested' | 'ended') => {
    await store.set(null)
    tell({ type: 'signed_out', reason })
  }

  /** Drops refused tokens, unless they have been replaced by newer ones. */
  const forget = async ({ accessToken }: Tokens) => {
    if ((await store.get())?.accessToken === accessToken) await drop('ended')
  }

  /** Returns newer tokens of the same session, or the given ones if there are none. */
  const renew = async (spent: Tokens): Promise<Tokens> => {
    renewing ??= renewed(spent).finally(() => {
      renewing = undefined
    })
    const newer = await renewing
    return isSameSession(spent, newer) ? newer : spent
  }

  const renewed = async (spent: Tokens): Promise<Tokens> => {
    const current = await store.get()
    // Another call, tab or process has renewed the tokens or signed out.
    if (current?.refreshToken == null) return spent
    if (current.accessToken !== spent.accessToken) return current
    try {
      const fresh = tokensOf(await exchange(current.refreshToken))
      const now = await store.get()
      // Do not undo a sign-out or sign-in that happened meanwhile.
      if (now?.accessToken !== current.accessToken) return now ?? spent
      await store.set(fresh)
      return fresh
    } catch (error) {
      if (error instanceof GatehouseProblem && error.outcome === 'unauthorised') {
        await forget(current)
      }
      throw error
    }
  }

  const attempt = (request: Request, { accessToken }: Tokens) => {
    request.headers.set('authorization', `Bearer ${accessToken}`)
    return fetch(request)
  }

  return {
    async send(request) {
      const kept = await store.get()
      if (!kept) return fetch(request)
      const isOld = kept.refreshToken !== null && kept.expiresAt - LEEWAY_MS < Date.now()
      const tokens = isOld ? await within(request.signal, renew(kept)) : kept
      // A body can be sent only once.
      const again = tokens.refreshToken === null ? undefined : request.clone()
      const response = await attempt(request, tokens)
      if (!(await isTokenRefused(response))) return response
      if (!again) {
        await forget(tokens)
        return response
      }
      const newer = await within(request.signal, renew(tokens))
      if (newer.accessToken === tokens.accessToken) return response
      const second = await attempt(again, newer)
      if (await isTokenRefused(second)) await forget(newer)
      return second
    },

    async begin(login) {
      await store.set(tokensOf(login))
      tell({ type: 'signed_in', user: login.user })
    },

    async end(leave) {
      const left = await store.get()
      await leave()
      const now = await store.get()
      if (!left || !now || isSameSession(left, now)) await drop('requested')
    },

    subscribe(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
  }
}

async function isTokenRefused(response: Response): Promise<boolean> {
  if (response.status !== 401) return false
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null)
  return isProblem(body) && body.code === 'invalid_access_token'
}
