import { type Deps, deviceOf } from '../context'
import { DomainError } from '../errors'
import { sessionsOf } from './object-stub'
import { subjectOf } from './session-types'
import { verifyAccessToken } from './tokens/access-token'

/** Ends the session of an access token. Throws `invalid_access_token` if it has already ended. */
export async function signOut(deps: Deps, token: string | undefined): Promise<void> {
  const claims = token === undefined ? undefined : await verifyAccessToken(deps, token)
  if (!claims) throw new DomainError('invalid_access_token')
  const object = sessionsOf(deps, subjectOf(claims.sid))
  const isEnded = await object.endSession(claims.sid, 'signed_out', deviceOf(deps))
  if (!isEnded) throw new DomainError('invalid_access_token')
}
