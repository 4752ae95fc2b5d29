/**
 * The state that the components show, as a store outside of React: it is the same for all of them, and it survives
 * effects that run twice.
 */
import {
  type GatehouseSignInError,
  type IdTokenClaims,
  isSignInError,
  type RedirectClient,
} from '@gatehouse/client/redirect'

export type User = IdTokenClaims

export type SignInState =
  /** On a server, and in a browser until the page's address has been looked at. */
  | { readonly status: 'loading'; readonly user: null; readonly error: null }
  /** `error` says why the last attempt to sign out failed. */
  | { readonly status: 'signed_in'; readonly user: User; readonly error: Failure }
  /** `error` says why the last attempt to sign in failed. */
  | { readonly status: 'signed_out'; readonly user: null; readonly error: Failure }

type Failure = GatehouseSignInError | null

export const LOADING: SignInState = { status: 'loading', user: null, error: null }

export interface Store {
  readonly get: () => SignInState
  readonly subscribe: (listener: () => void) => () => void
  /**
   * Finishes a sign-in if the page's address is its answer, and returns where to go then. However often it is
   * called, it does so once.
   */
  readonly start: (onReturn: (returnTo: string) => void) => void
  /** Shows why signing in or out has failed. Throws what is a fault of the program. */
  readonly fail: (error: unknown) => void
}

const stores = new WeakMap<RedirectClient, Store>()

/** Returns the store of a client. */
export function storeOf(client: RedirectClient): Store {
  const known = stores.get(client)
  if (known) return known
  const made = createStore(client)
  stores.set(client, made)
  return made
}

function createStore(client: RedirectClient): Store {
  const listeners = new Set<() => void>()
  let state = LOADING
  let stop: (() => void) | undefined
  let isStarted = false

  const show = (next: SignInState) => {
    state = next
    for (const listener of listeners) listener()
  }
  const showUser = (error: Failure = null) => {
    const user = client.getUser()
    show(user ? { status: 'signed_in', user, error } : { status: 'signed_out', user: null, error })
  }
  const fail = (error: unknown) => {
    showUser(isSignInError(error) ? error : null)
    if (!isSignInError(error)) throw error
  }

  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener)
      stop ??= client.subscribe(() => {
        // Until the address has been looked at, nothing is known.
        if (state.status !== 'loading') showUser()
      })
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        stop?.()
        stop = undefined
      }
    },
    start(onReturn) {
      if (isStarted) return
      isStarted = true
      client.handleRedirect().then(
        (returned) => {
          showUser()
          if (returned) onReturn(returned.returnTo)
        },
        (error: unknown) => {
          fail(error)
          if (isSignInError(error) && error.returnTo !== undefined) onReturn(error.returnTo)
        },
      )
    },
    fail,
  }
}
