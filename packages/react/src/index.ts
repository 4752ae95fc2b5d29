/** The package's exports. */
export {
  createRedirectClient,
  GatehouseSignInError,
  isSignInError,
  type RedirectClient,
  type SignInOptions,
} from '@gatehouse/client/redirect'
export { SignedIn, SignedOut, SignInButton, SignOutButton } from './components.tsx'
export {
  type GatehouseContext,
  GatehouseProvider,
  type GatehouseProviderProps,
  useGatehouse,
  useUser,
} from './provider.tsx'
export type { SignInState, User } from './store.ts'
