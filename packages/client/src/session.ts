/**
 * The session of a client: puts the access token on requests, and exchanges the refresh token when the
 * access token has expired or is refused. However many calls find that out at once, there is one
 * exchange, and all of them go on with its result. A call is sent under no other session than the one
 * that it began in, whoever has signed in meanwhile.
 */
import type { Login, User } from './api.ts'
import { within } from './deadline.ts'
import { GatehouseProblem, isProblem } from './failure.ts'
import { isSameSession, type Tokens, tokensOf, type TokenStore } from './tokens.ts'

export type SessionEvent =
  | { readonly type: 'signed_in'; readonly user: User }
  /** `requested` by signOut; `ended` when the service no longer takes the tokens. */
  | { readonly type: 'signed_out'; readonly reason: 'requested' | 'ended' }

export interface Session {
  /** Sends a request with the token, renewed where it must be. */
  readonly send: (request: Request) => Promise<Response>
  readonly begin: (login: Login) => Promise<void>
  /** Forgets the session that `leave` has ended, and no other that began meanwhile. */
  readonly end: (leave: () => Promise<unknown>) => Promise<void>
  readonly subscribe: (listener: (event: SessionEvent) => void) => () => void
}

/** A token is renewed this long before it expires, for the time that a request is under way. */
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

  /** Forgets tokens that were refused, unless newer ones have taken their place. */
  const forget = async ({ accessToken }: Tokens) => {
    if ((await store.get())?.accessToken === accessToken) await drop('ended')
  }

  /** Newer tokens of the same session, or the spent ones where there are none. */
  const renew = async (spent: Tokens): Promise<Tokens> => {
    renewing ??= renewed(spent).finally(() => {
      renewing = undefined
    })
    const newer = await renewing
    return isSameSession(spent, newer) ? newer : spent
  }

  const renewed = async (spent: Tokens): Promise<Tokens> => {
    const current = await store.get()
    // Another call, tab or process was quicker, or has signed out.
    if (current?.refreshToken == null) return spent
    if (current.accessToken !== spent.accessToken) return current
    try {
      const fresh = tokensOf(await exchange(current.refreshToken))
      const now = await store.get()
      // Whoever signed out or in meanwhile is not overruled.
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
      // A body can be sent once.
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
