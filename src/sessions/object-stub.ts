import type { Deps } from '../context'
import type { UserSessions } from './object/user-sessions'

/** The user's object. A new stub for each call, as a stub stays broken once its object has failed. */
export const sessionsOf = (
  deps: Pick<Deps, 'env'>,
  subject: string,
  region?: DurableObjectLocationHint | null,
): DurableObjectStub<UserSessions> =>
  deps.env.USER_SESSIONS.getByName(subject, region ? { locationHint: region } : {})
