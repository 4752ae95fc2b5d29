import { eq, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import {
  credentialsChanged,
  newPassword,
  type PasswordSet,
  unlockSignIn,
} from '../credentials/new-password'
import { ALL_BUT_UNDO, revokeTokens, findToken, isUsable } from '../one-time-tokens/one-time-token'
import { commitAndSync } from '../sessions/account-state'
import { users } from '../tables/users'
import { granted } from '../throttle/attempt'
import { reserveHash } from '../throttle/reserve'
import { dropUnprovedCodes, provedFactors } from '../users/first-proof'
import { isStillPending } from './verify-email'

/**
 * Accepts an invitation: the email proves the address, and the invited user chooses a password and
 * may correct the name. Returns the password that was set. Signs nobody in. Throws `invalid_token`, `validation_failed`,
 * `too_many_attempts`.
 */
export async function acceptInvitation(
  deps: Deps,
  token: string,
  typed: string,
  fullName: string | undefined,
): Promise<PasswordSet> {
  const found = await findToken(deps, 'accept_invitation', token)
  const { userId: id, subject } = found
  // Parallel requests would each compute a hash before one of them uses up the link.
  await granted(reserveHash(deps, found))
  const name = fullName ?? found.fullName
  const password = await newPassword(deps, typed, {
    email: found.accountEmail,
    fullName: name,
    isCurrent: null,
  })
  await commitAndSync(deps, subject, {
    preconditions: [isUsable(deps, 'accept_invitation', found.hash), isStillPending(id)],
    change: [
      dropUnprovedCodes(id),
      deps.db
        .update(users)
        .set({
          ...provedFactors,
          ...password,
          ...credentialsChanged(deps),
          fullName: name,
          emailVerifiedAt: deps.now,
          homeRegion: sql`coalesce(${users.homeRegion}, ${deps.client.region})`,
        })
        .where(eq(users.id, id)),
      revokeTokens(deps, id, ALL_BUT_UNDO),
    ],
    audit: [{ event: 'user.invitation_accepted', actor: id, target: id, data: {} }],
  })
  await unlockSignIn(deps, found)
  return { subject, hashedPassword: password.hashedPassword }
}
