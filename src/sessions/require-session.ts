/**
 * From a bearer token to a live session: signature, then one call to the user's object, and no D1
 * query in a warm isolate. The object decides; nothing that a revocation must reach is remembered.
 */
import { type Deps, deviceOf, type LiveSession } from '../context'
import { DomainError } from '../errors'
import { verifyAccessToken } from './access-token'
import { sessionsOf } from './authority'
import { type Authority, subjectOf } from './session-types'

export interface CheckedSession {
  readonly authority: Authority
  readonly session: LiveSession
}

/** The session behind an access token and its user's authority. Throws `invalid_access_token`. */
export async function requireSession(
  deps: Deps,
  token: string | undefined,
): Promise<CheckedSession> {
  const claims = token === undefined ? undefined : await verifyAccessToken(deps, token)
  if (!claims) throw new DomainError('invalid_access_token')
  return liveSession(deps, claims.sid)
}

/** The session of an id that an authentic token or cookie named. Throws `invalid_access_token`. */
export async function liveSession(deps: Deps, sid: string): Promise<CheckedSession> {
  const object = sessionsOf(deps, subjectOf(sid))
  const result = await object.check(sid, deviceOf(deps))
  if (!result.isLive) throw new DomainError('invalid_access_token')
  return result
}
