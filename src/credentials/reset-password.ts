import { eq, type SQL, sql } from 'drizzle-orm'
import { type AndKeys, revokeKeys, WITHOUT_KEYS } from '../api-keys/revoke-api-key'
import { commit } from '../commit/commit'
import type { Deps } from '../context'
import { notification } from '../mail/messages'
import {
  ALL_BUT_UNDO,
  revokeTokens,
  findToken,
  isUsable,
  invalidTokenError,
} from '../one-time-tokens/one-time-token'
import { commitAndSync } from '../sessions/account-state'
import { users } from '../tables/users'
import { granted } from '../throttle/attempt'
import { reserveHash } from '../throttle/reserve'
import { type Account, accountBySubject } from '../users/account'
import { dropUnprovedCodes, provedFactors } from '../users/first-proof'
import { credentialsChanged, newPassword, type PasswordSet, unlockSignIn } from './new-password'
import { isStoredPassword } from './verify-password'

/**
 * Sets a new password by an emailed token. It must differ from the current password, or from the
 * last one if that was voided. Revokes every session and signs nobody in. Returns the password. The email proves the
 * address, so a pending account becomes active: the password set at registration is replaced, and a
 * second factor from before the proof is removed. An account whose address was proved already keeps
 * its second factor. API keys are revoked if `andKeys` says so. Throws `invalid_token`,
 * `validation_failed`, `too_many_attempts`.
 */
export async function resetPassword(
  deps: Deps,
  token: string,
  typed: string,
  andKeys: AndKeys = WITHOUT_KEYS,
): Promise<PasswordSet> {
  const found = await findToken(deps, 'reset_password', token)
  const account = await accountBySubject(deps, found.subject)
  if (!account) throw invalidTokenError('reset_password')
  // Submitting the current password is refused without using up the link, so it can be repeated:
  // each attempt costs a hash.
  await granted(reserveHash(deps, found))
  const { email, full_name: fullName } = account.user
  const isCurrent = (text: string) => isCurrentPassword(deps, found.hash, account, text)
  const owner = { email, fullName, isCurrent }
  const password = await newPassword(deps, typed, owner, 'new_password')
  const { userId, subject } = found
  const revokedKeys = revokeKeys(deps, andKeys, { actor: userId, target: { id: userId, subject } })
  await commitAndSync(deps, subject, {
    preconditions: [
      isUsable(deps, 'reset_password', found.hash),
      {
        name: 'may_reset',
        holds: sql`EXISTS (SELECT 1 FROM users WHERE users.id = ${userId} AND ${mayReset})`,
        otherwise: invalidTokenError('reset_password'),
      },
    ],
    change: [
      dropUnprovedCodes(userId),
      deps.db
        .update(users)
        .set({
          ...provedFactors,
          ...password,
          ...credentialsChanged(deps),
          emailVerifiedAt: sql`coalesce(${users.emailVerifiedAt}, ${deps.now})`,
        })
        .where(eq(users.id, userId)),
      revokeTokens(deps, userId, ALL_BUT_UNDO),
    ],
    audit: [
      { event: 'user.password_reset', actor: userId, target: userId, data: {} },
      ...revokedKeys.audit,
    ],
    after: revokedKeys.after,
    outbox: notification(deps, subject, 'password-changed'),
  })
  await unlockSignIn(deps, { emailKey: account.emailKey, subject })
  return { subject, hashedPassword: password.hashedPassword }
}

/**
 * Which users may reset their password: active ones, and pending ones with a password to replace.
 * An invited user who has not accepted has none: the invitation has its own link, which an admin
 * can renew. An imported user without a password has no other way in, and an admin vouched for the
 * address when importing it.
 */
export const mayReset: SQL = sql`(users.status = 'active' OR (users.status = 'pending'
  AND (users.hashed_password IS NOT NULL OR users.origin = 'imported')))`

/**
 * Whether a text is the password to be replaced, or the last one if that was voided. A thief of the
 * link must not be able to use it to test guesses of the current password. A wrong guess sets a new
 * password and uses up the link, so only parallel requests could test several. That is why a
 * correct guess is reported only if the link is still unused, by the same precondition as the
 * change itself. After the link has been used, every request gets `invalid_token`. See
 * test/credentials/same-password.test.ts.
 */
async function isCurrentPassword(
  deps: Deps,
  tokenHash: string,
  account: Account,
  typed: string,
): Promise<boolean> {
  const stored = account.hashedPassword ?? account.voidedPassword
  if (!(await isStoredPassword(deps, stored, typed))) return false
  const preconditions = [isUsable(deps, 'reset_password', tokenHash)]
  await commit(deps, { preconditions, change: [], audit: [] })
  return true
}
