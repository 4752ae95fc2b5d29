/** The package's exports. */
export {
  GatehouseSignInError,
  isSignInError,
  type OwnSignInCode,
  type SignInOutcome,
} from '../../client/src/oidc/failure.ts'
export {
  endedInKv,
  endedInMemory,
  endedInObjects,
  EndedSession,
  type EndedSessions,
} from './ended-sessions.ts'
export {
  gatehouse,
  type GatehouseSession,
  type GatehouseVariables,
  requireUser,
  type SessionStatus,
} from './middleware.ts'
export type { GatehouseOptions } from './options.ts'
export type { User } from './session.ts'
