/** The provider, and the hooks that read it. */
import {
  createRedirectClient,
  type RedirectClient,
  type RedirectOptions,
  type SignInOptions,
} from '@gatehouse/client/redirect'
import {
  createContext,
  type JSX,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import { LOADING, type SignInState, storeOf, type User } from './store.ts'

export interface GatehouseProviderProps extends RedirectOptions {
  readonly children?: ReactNode
  /**
   * Shows the place in the app that a user returns to. Default: the browser's address is replaced. A router needs
   * to be notified, such as `(to) => navigate(to, { replace: true })`.
   */
  readonly onReturn?: (returnTo: string) => void
  /**
   * Asks the service whether the session is still live when the user comes back to the tab, at most once a
   * minute. Default: true.
   */
  readonly checkOnFocus?: boolean
  /** A client that you have made yourself, instead of the other options. */
  readonly client?: RedirectClient
}

/** The value that useGatehouse returns. */
export type GatehouseContext = SignInState & {
  readonly signIn: (options?: SignInOptions) => Promise<void>
  readonly signOut: () => Promise<void>
  /** See `getAccessToken` of the client. */
  readonly getAccessToken: RedirectClient['getAccessToken']
  readonly client: RedirectClient
}

const Context = createContext<GatehouseContext | null>(null)

const CHECK_EVERY_MS = 60_000

/** Makes a client once, for the options of the first render, and shows what it knows. */
export function GatehouseProvider(props: GatehouseProviderProps): JSX.Element {
  const { children, onReturn, checkOnFocus = true, client: given, ...options } = props
  const [own] = useState(() => given ?? createRedirectClient(options))
  const client = given ?? own
  const store = storeOf(client)
  const state = useSyncExternalStore(store.subscribe, store.get, () => LOADING)

  const returning = useRef(onReturn)
  useEffect(() => {
    returning.current = onReturn
  })
  useEffect(() => {
    store.start((returnTo) => (returning.current ?? replaceAddress)(returnTo))
  }, [store])

  const isSignedIn = state.status === 'signed_in'
  useEffect(() => {
    if (!checkOnFocus || !isSignedIn) return undefined
    let checkedAt = Date.now()
    const check = () => {
      if (document.visibilityState !== 'visible' || Date.now() - checkedAt < CHECK_EVERY_MS) return
      checkedAt = Date.now()
      // An ended session causes an event. A service that is down does not mean that the session has ended.
      client.fetchUser().catch(() => undefined)
    }
    document.addEventListener('visibilitychange', check)
    return () => document.removeEventListener('visibilitychange', check)
  }, [client, checkOnFocus, isSignedIn])

  const value = useMemo(
    () => ({
      ...state,
      client,
      signIn: client.signInWithRedirect,
      signOut: client.signOut,
      getAccessToken: client.getAccessToken,
    }),
    [state, client],
  )
  // React 18 has no other way to write it.
  return <Context.Provider value={value}>{children}</Context.Provider>
}

const replaceAddress = (returnTo: string) => history.replaceState(history.state, '', returnTo)

/** Returns the state of the sign-in and what changes it. Throws outside of a GatehouseProvider. */
export function useGatehouse(): GatehouseContext {
  const value = useContext(Context)
  if (!value) throw new Error('useGatehouse needs a <GatehouseProvider> around it')
  return value
}

/** Returns the user who is signed in, or null. */
export const useUser = (): User | null => useGatehouse().user
