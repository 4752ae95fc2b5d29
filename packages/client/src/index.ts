/** The package's exports. */
export type * from './api.ts'
export type { Answer, Call, CallOptions, Init, Method, PathOf } from './call.ts'
export {
  type AddedPasskey,
  createGatehouse,
  type Credentials,
  type Gatehouse,
  type GatehouseOptions,
  type NewPasskey,
  type PasskeySignIn,
  type SecondFactor,
  type SecondStep,
  type SignIn,
} from './client.ts'
export {
  type FieldIssue,
  type GatehouseFailure,
  GatehouseProblem,
  GatehouseTimeout,
  GatehouseUnreachable,
  isGatehouseFailure,
  type ProblemCode,
} from './failure.ts'
export {
  type CeremonyOptions,
  createPasskey,
  type NewCredential,
  supportsPasskeys,
  type UsedCredential,
  usePasskey,
} from './passkeys.ts'
export type { SessionEvent } from './session.ts'
export { memoryTokens, type Tokens, type TokenStore } from './tokens.ts'
