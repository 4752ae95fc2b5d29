import type { Deps, Principal } from '../context'
import type { AssertionCredential } from '../crypto/webauthn'
import { DomainError } from '../errors'
import { countFactor } from '../factors/verify-factor'
import { presentedChallenge } from '../passkeys/challenge'
import { findPasskey, type VerifiedPasskey, verifyPasskey } from '../passkeys/present'
import type { Account } from '../users/account'

/** A passkey's response, and the token that came with the options it answers. */
export interface GivenPasskey {
  readonly challengeToken: string
  readonly credential: AssertionCredential
}

/**
 * Verifies a passkey of the signed-in caller, which must have verified its user. The challenge must have been
 * made for this session. The attempt is counted as a code is, before anything is verified. It stays counted
 * unless the user's object accepts the passkey (`prove`), for which `from` says where it came from. Throws
 * `invalid_challenge`, `invalid_passkey`, `too_many_attempts`.
 */
export async function verifyOwnPasskey(
  deps: Deps,
  { sid }: Pick<Principal, 'sid'>,
  account: Account,
  { challengeToken, credential }: GivenPasskey,
): Promise<VerifiedPasskey & { readonly from: string }> {
  const challenge = await presentedChallenge(deps, ['step_up'], challengeToken).catch(asBadRequest)
  if (challenge.to !== sid) throw refusal('invalid_challenge')
  const from = await countFactor(deps, account)
  const found = await findPasskey(deps, credential.id)
  if (found?.account.accountState.subject !== account.accountState.subject) {
    throw refusal('invalid_passkey')
  }
  const verified = await verifyPasskey(deps, found, challenge, credential).catch(asBadRequest)
  if (!verified.isUserVerified) throw refusal('invalid_passkey')
  return { ...verified, from }
}

/** From a signed-in caller a wrong proof is a bad request (400), not a missing sign-in (401). */
const refusal = (code: 'invalid_challenge' | 'invalid_passkey') =>
  new DomainError(code, { kind: 'malformed' })

function asBadRequest(error: unknown): never {
  const isRefusal =
    error instanceof DomainError &&
    (error.code === 'invalid_challenge' || error.code === 'invalid_passkey')
  if (!isRefusal) throw error
  throw new DomainError(error.code, { kind: 'malformed', detail: error.message })
}
