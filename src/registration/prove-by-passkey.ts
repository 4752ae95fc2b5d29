import { eq, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { credentialsChanged, unlockSignIn } from '../credentials/new-password'
import { notification, undoing } from '../mail/messages'
import { ALL_BUT_UNDO, isUsable, revokeTokens } from '../one-time-tokens/one-time-token'
import { findPendingToken, type LinkPurpose, passkeyByLink } from '../passkeys/by-link'
import type { PresentedCreation } from '../passkeys/new-passkey'
import { type PasskeyView, toPasskeyView } from '../passkeys/passkey-view'
import type { VerifiedPasskey } from '../passkeys/present'
import { commitAndSync } from '../sessions/account-state'
import { users } from '../tables/users'
import { dropUnprovedCodes, provedFactors, voidPassword } from '../users/first-proof'
import { isStillPending } from './verify-email'

/** A link that proves an address, and the passkey that the user chooses instead of a password. */
export interface ProofByPasskey {
  readonly purpose: LinkPurpose
  readonly token: string
  readonly passkey: PresentedCreation
  /** Only an invited user may correct the name. */
  readonly fullName?: string | undefined
}

export interface ProvedByPasskey {
  readonly subject: string
  readonly passkey: PasskeyView
  /** For signing in with it at once (sign-in/after-link.ts). */
  readonly verified: VerifiedPasskey
  /** Not shown again. */
  readonly recovery_codes: string[]
}

/**
 * Accepts an invitation or verifies an address, with a passkey instead of a password. A password that was
 * typed at registration becomes void, because somebody else may have registered the address. The user gets an
 * email about the passkey, with a link that removes it. Signs nobody in. Throws `invalid_token`, `invalid_challenge`,
 * `invalid_passkey`, `passkey_taken`, `validation_failed`, `effect_pending`.
 */
export async function proveByPasskey(
  deps: Deps,
  { purpose, token, passkey, fullName }: ProofByPasskey,
): Promise<ProvedByPasskey> {
  const found = await findPendingToken(deps, purpose, token)
  const { userId: id, subject } = found
  const { added, verified, codes, statements } = await passkeyByLink(deps, found, purpose, passkey)
  const event = purpose === 'verify_email' ? 'user.email_verified' : 'user.invitation_accepted'
  await commitAndSync(deps, subject, {
    preconditions: [
      isUsable(deps, purpose, found.hash),
      isStillPending(id),
      ...added.preconditions,
    ],
    change: [
      dropUnprovedCodes(id),
      deps.db
        .update(users)
        .set({
          ...provedFactors,
          ...voidPassword,
          passwordChangedAt: null,
          passwordExpiresAt: null,
          ...credentialsChanged(deps),
          fullName: fullName ?? found.fullName,
          emailVerifiedAt: deps.now,
          homeRegion: sql`coalesce(${users.homeRegion}, ${deps.client.region})`,
        })
        .where(eq(users.id, id)),
      ...statements,
      revokeTokens(deps, id, ALL_BUT_UNDO),
    ],
    audit: [
      { event, actor: id, target: id, data: {} },
      { event: 'passkey.added', actor: id, target: id, data: { passkey_id: added.row.id } },
    ],
    // Another reader of the mailbox may have used the link. The email tells its owner.
    outbox: notification(
      deps,
      subject,
      'passkey-added',
      undefined,
      undoing(deps, { passkey: added.row.id }),
    ),
  })
  await unlockSignIn(deps, found)
  const view = toPasskeyView(added.row, undefined)
  return { subject, passkey: view, verified, recovery_codes: codes }
}
