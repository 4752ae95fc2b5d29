/**
 * From a bearer token to a live session: signature, then one call to the user's object, and no D1
 * query in a warm isolate. The object decides; nothing that a revocation must reach is remembered.
 */
import { type Deps, deviceOf, type LiveSession, type WriteKind } from '../context'
import { DomainError } from '../errors'
import { logRefusal } from './tokens/log-refusal'
import { verifyAccessToken } from './tokens/access-token'
import { sessionsOf } from './object-stub'
import { type Authority, subjectOf } from './session-types'

export interface CheckedSession {
  readonly authority: Authority
  readonly session: LiveSession
}

/**
 * The session behind an access token and its user's authority. A request that writes is counted.
 * Throws `invalid_access_token`, and `too_many_attempts` when the session has written too much.
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

/** The session of an id that an authentic token or cookie named. Throws as above. */
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
