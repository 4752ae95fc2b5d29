/**
 * From a bearer token to a live session: the signature is verified, then the user's object is asked. In
 * a warm isolate that takes no D1 query. The object's answer is never cached, so a revocation takes
 * effect at the next request.
 */
import { type Deps, deviceOf, type LiveSession, type WriteKind } from '../context'
import { DomainError } from '../errors'
import { sessionsOf } from './object-stub'
import { type AccountState, subjectOf } from './session-types'
import { verifyAccessToken } from './tokens/access-token'
import { logRefusal } from './tokens/log-refusal'

export interface CheckedSession {
  readonly accountState: AccountState
  readonly session: LiveSession
}

/**
 * The session of an access token, and the user's accountState. A request that writes is counted. Throws
 * `invalid_access_token`, and `too_many_attempts` when the session has written too much.
 */
export async function requireSession(
  deps: Deps,
  token: string | undefined,
  write?: WriteKind,
): Promise<CheckedSession> {
  const claims = token === undefined ? undefined : await verifyAccessToken(deps, token)
  if (!claims) throw new DomainError('invalid_access_token')
  return liveSession(deps, claims.sid, write)
}

/** The session of an id from an authentic token or cookie. Throws as `requireSession` does. */
export async function liveSession(
  deps: Deps,
  sid: string,
  write?: WriteKind,
): Promise<CheckedSession> {
  const object = sessionsOf(deps, subjectOf(sid))
  const result = await object.check(sid, deviceOf(deps), write)
  if (!result.isLive) {
    logRefusal(deps, 'access', 'session_ended')
    throw new DomainError('invalid_access_token')
  }
  const { retryAfter } = result
  if (retryAfter !== undefined) throw new DomainError('too_many_attempts', { retryAfter })
  return result
}

/** Whether a session is still live. One that cannot be asked counts as live: the next request asks again. */
export const isSessionLive = (deps: Deps, sid: string): Promise<boolean> =>
  liveSession(deps, sid).then(
    () => true,
    (error: unknown) => !(error instanceof DomainError && error.code === 'invalid_access_token'),
  )
