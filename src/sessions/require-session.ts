/**
 * From a bearer token to a principal: signature, then one call to the user's object, and no D1 query
 * in a warm isolate. The object decides; nothing that a revocation must reach is remembered here.
 */
import type { Deps, Principal } from '../context'
import { DomainError } from '../errors'
import { verifyAccessToken } from './access-token'
import { sessionsOf } from './authority'
import { restrictionOf } from './restriction'
import { subjectOf } from './session-types'

/** The principal behind an access token. Throws `invalid_access_token`. */
export async function requireSession(deps: Deps, token: string | undefined): Promise<Principal> {
  const claims = token === undefined ? undefined : await verifyAccessToken(deps, token)
  if (!claims) throw new DomainError('invalid_access_token')
  const subject = subjectOf(claims.sid)
  const result = await sessionsOf(deps, subject).check(claims.sid, deps.client)
  if (!result.isLive) throw new DomainError('invalid_access_token')
  const { authority, session } = result
  return {
    userId: authority.userId,
    subject,
    sid: claims.sid,
    roleIds: authority.roleIds,
    restriction: restrictionOf(deps, authority),
    isTwoFactorEnabled: authority.isTwoFactorEnabled,
    session,
  }
}
