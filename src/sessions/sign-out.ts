import { type Deps, deviceOf } from '../context'
import { DomainError } from '../errors'
import { sessionsOf } from './object-stub'
import { subjectOf } from './session-types'
import { verifyAccessToken } from './tokens/access-token'

/** Revokes the session of an access token. Throws `invalid_access_token` if it is not live. */
export async function signOut(deps: Deps, token: string | undefined): Promise<void> {
  const claims = token === undefined ? undefined : await verifyAccessToken(deps, token)
  if (!claims) throw new DomainError('invalid_access_token')
  const object = sessionsOf(deps, subjectOf(claims.sid))
  const isRevoked = await object.revokeSession(claims.sid, 'signed_out', deviceOf(deps))
  if (!isRevoked) throw new DomainError('invalid_access_token')
}
