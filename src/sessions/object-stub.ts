import type { Deps } from '../context'
import type { UserSessions } from './object/user-sessions'

/** The user's object. A fresh stub each call: one that saw its object break stays broken. */
export const sessionsOf = (
  deps: Pick<Deps, 'env'>,
  subject: string,
  region?: DurableObjectLocationHint | null,
): DurableObjectStub<UserSessions> =>
  deps.env.USER_SESSIONS.getByName(subject, region ? { locationHint: region } : {})
