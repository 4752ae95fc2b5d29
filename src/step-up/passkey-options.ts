import type { Deps, Principal } from '../context'
import { DomainError } from '../errors'
import { newChallenge } from '../passkeys/challenge'
import { descriptorsOf, type PasskeyRequest, passkeyRequest } from '../passkeys/options'

/**
 * What a browser needs to prove by passkey who is acting. The challenge is bound to the session. Throws
 * `not_found` if the user has no passkey.
 */
export async function stepUpOptions(deps: Deps, principal: Principal): Promise<PasskeyRequest> {
  const held = await descriptorsOf(deps, principal.userId)
  if (held.length === 0) throw new DomainError('not_found')
  const challenge = await newChallenge(deps, 'step_up', principal.sid)
  return passkeyRequest(deps, challenge, 'required', held)
}
