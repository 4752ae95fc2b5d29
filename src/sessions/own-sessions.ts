/** A user's own sessions, for the API and the pages: listing, revoking, signing out. */
import { type Deps, deviceOf, type Principal } from '../context'
import { DomainError } from '../errors'
import { sessionsOf } from './object-stub'
import { type SessionView, toSessionViews } from './session-view'

type Own = Pick<Principal, 'subject' | 'sid'>

/** Live sessions, the most recently used first. */
export async function listOwnSessions(deps: Deps, { subject, sid }: Own): Promise<SessionView[]> {
  return toSessionViews(await sessionsOf(deps, subject).listSessions(), sid)
}

/** Revokes one session. Throws `not_found` if the user has no live session with this id. */
export async function revokeOwnSession(deps: Deps, { subject }: Own, id: string): Promise<void> {
  const isRevoked = await sessionsOf(deps, subject).revokeSession(id, 'revoked', deviceOf(deps))
  if (!isRevoked) throw new DomainError('not_found')
}

/** Revokes the caller's session. Does nothing if it is not live. */
export async function signOutOf(deps: Deps, { subject, sid }: Own): Promise<void> {
  await sessionsOf(deps, subject).revokeSession(sid, 'signed_out', deviceOf(deps))
}
