/**
 * A passkey instead of a password, chosen by an emailed link that proves the address. Its challenge is
 * bound to the token of the link.
 */
import type { Deps } from '../context'
import type { NewCredential } from '../crypto/webauthn'
import type { Statement } from '../db/batch'
import { DomainError } from '../errors'
import { newRecoveryCodes } from '../factors/recovery-codes/recovery-codes'
import { type FoundToken, findToken, invalidTokenError } from '../one-time-tokens/one-time-token'
import { accountBySubject } from '../users/account'
import { newChallenge, type PresentedChallenge, presentedChallenge } from './challenge'
import {
  type NewPasskey,
  newPasskey,
  type PresentedCreation,
  verifyNewPasskey,
} from './new-passkey'
import { descriptorsOf, type PasskeyCreation, passkeyCreation } from './options'
import { amrOf, type VerifiedPasskey } from './present'

/** The links that can set one. */
export const LINK_PURPOSES = ['accept_invitation', 'verify_email'] as const
export type LinkPurpose = (typeof LINK_PURPOSES)[number]

/** What a browser needs to make a passkey by a link. Uses nothing up. Throws `invalid_token`. */
export async function passkeyOptionsForLink(
  deps: Deps,
  purpose: LinkPurpose,
  token: string,
): Promise<PasskeyCreation> {
  const found = await findPendingToken(deps, purpose, token)
  const { subject, accountEmail: email, fullName } = found
  const challenge = await newChallenge(deps, 'create_by_link', found.hash)
  const held = await descriptorsOf(deps, found.userId)
  return passkeyCreation(deps, { subject, email, fullName }, challenge, held)
}

/** The token of a pending account's link. Throws `invalid_token`. */
export async function findPendingToken(
  deps: Deps,
  purpose: LinkPurpose,
  token: string,
): Promise<FoundToken> {
  const found = await findToken(deps, purpose, token)
  if (found.status !== 'pending') throw invalidTokenError(purpose)
  return found
}

/** A passkey that was made by a link, with its recovery codes, for the batch that uses up the link. */
export interface PasskeyByLink {
  readonly added: NewPasskey
  /** The creation as a use of the passkey: it verified its user. */
  readonly verified: VerifiedPasskey
  readonly codes: string[]
  readonly statements: Statement[]
}

/**
 * Verifies a passkey that was made by a link. Throws `invalid_challenge`, `invalid_passkey`,
 * `validation_failed`, `invalid_token`.
 */
export async function passkeyByLink(
  deps: Deps,
  { userId: id, subject, hash }: FoundToken,
  purpose: LinkPurpose,
  { challengeToken, credential, name }: PresentedCreation,
): Promise<PasskeyByLink> {
  const challenge = await presentedChallenge(deps, ['create_by_link'], challengeToken, 'malformed')
  if (challenge.to !== hash) throw new DomainError('invalid_challenge', { kind: 'malformed' })
  const account = await accountBySubject(deps, subject)
  if (!account) throw invalidTokenError(purpose)
  const made = await verifyNewPasskey(deps, challenge, credential, {
    roleIds: account.accountState.roleIds,
    isUnseen: false,
  })
  const added = newPasskey(deps, id, made, name)
  const { codes, statements } = await newRecoveryCodes(deps, { id, subject })
  const verified = asPresented(added.row.id, made, challenge)
  return { added, verified, codes, statements: [...statements, added.statement] }
}

/** Before its creation no counter had counted. */
const asPresented = (
  id: string,
  { signCount, isBackedUp, isBackupEligible, isUserVerified }: NewCredential,
  { challenge, expires }: PresentedChallenge,
): VerifiedPasskey => ({
  presented: {
    id,
    challenge,
    challengeExpiresAt: expires,
    signCount,
    firstSignCount: 0,
    isBackedUp,
    isSyncable: isBackupEligible,
  },
  isUserVerified,
  amr: amrOf(isBackupEligible, isUserVerified),
})
