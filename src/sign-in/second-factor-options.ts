import type { Deps } from '../context'
import { DomainError } from '../errors'
import { newChallenge } from '../passkeys/challenge'
import { descriptorsOf, type PasskeyRequest, passkeyRequest } from '../passkeys/options'
import { sessionsOf } from '../sessions/object-stub'
import { logRefusal } from '../sessions/tokens/log-refusal'
import { accountBySubject } from '../users/account'
import { boundTo, fromFirstStep } from './second-factor-step'

/**
 * What a browser needs to use a passkey as the second step. Only behind a right first step, because it
 * names the user's passkeys. Throws `invalid_challenge`, and `not_found` if the user has no passkey.
 */
export async function secondStepOptions(
  deps: Deps,
  challengeToken: string,
): Promise<PasskeyRequest> {
  const { subject, cid } = await fromFirstStep(deps, challengeToken)
  const [isOpen, account] = await Promise.all([
    sessionsOf(deps, subject).hasChallenge(cid),
    accountBySubject(deps, subject),
  ])
  if (!isOpen || !account) {
    logRefusal(deps, 'challenge', 'ended_or_used')
    throw new DomainError('invalid_challenge')
  }
  const held = await descriptorsOf(deps, account.user.id)
  // An empty list would offer every passkey of this service.
  if (held.length === 0) throw new DomainError('not_found')
  const challenge = await newChallenge(deps, 'second_step', boundTo({ subject, cid }))
  return passkeyRequest(deps, challenge, 'preferred', held)
}
