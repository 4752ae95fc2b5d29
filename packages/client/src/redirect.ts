/** The exports of `@gatehouse/client/redirect`: sign-in by redirect, for apps in a browser. */
export type { SignInRequest } from './oidc/attempt.ts'
export {
  GatehouseSignInError,
  isSignInError,
  type OwnSignInCode,
  type SignInOutcome,
} from './oidc/failure.ts'
export type { IdTokenClaims } from './oidc/id-token.ts'
export {
  createRedirectClient,
  type RedirectClient,
  type RedirectOptions,
  type Returned,
  type SignInOptions,
} from './redirect/client.ts'
export type { RedirectEvent } from './redirect/renewal.ts'
export type { StorageChoice } from './redirect/storage.ts'
