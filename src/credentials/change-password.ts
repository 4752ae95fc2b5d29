import { eq } from 'drizzle-orm'
import { type AndKeys, revokeKeys, WITHOUT_KEYS } from '../api-keys/revoke-api-key'
import type { Deps, Principal } from '../context'
import { notification } from '../mail/messages'
import { ALL_BUT_UNDO, revokeTokens } from '../one-time-tokens/one-time-token'
import { commitAndSync } from '../sessions/account-state'
import { users } from '../tables/users'
import { credentialsChanged, newPassword, sameCredentials } from './new-password'
import { verifyCurrentPassword } from './verify-current-password'
import { isSamePassword } from './verify-password'

/**
 * Changes the signed-in user's password and revokes all their sessions, this one included. Revokes
 * every emailed token except the link that undoes an email change. API keys need no password, so
 * they are revoked only if `andKeys` says so. Throws `incorrect_password`, `validation_failed`,
 * `too_many_attempts`.
 */
export async function changePassword(
  deps: Deps,
  principal: Principal,
  passwords: { current: string; next: string },
  andKeys: AndKeys = WITHOUT_KEYS,
): Promise<void> {
  const account = await verifyCurrentPassword(deps, principal, passwords.current)
  const { id, email, full_name: fullName } = account.user
  const revokedKeys = revokeKeys(deps, andKeys, {
    actor: id,
    target: { id, subject: principal.subject },
  })
  const isCurrent = (typed: string) => isSamePassword(deps, account, passwords.current, typed)
  const owner = { email, fullName, isCurrent }
  const password = await newPassword(deps, passwords.next, owner, 'new_password')
  await commitAndSync(deps, principal.subject, {
    preconditions: [sameCredentials(account)],
    change: [
      deps.db
        .update(users)
        .set({ ...password, ...credentialsChanged(deps) })
        .where(eq(users.id, id)),
      revokeTokens(deps, id, ALL_BUT_UNDO),
    ],
    audit: [
      { event: 'user.password_changed', actor: id, target: id, data: {} },
      ...revokedKeys.audit,
    ],
    after: revokedKeys.after,
    outbox: notification(deps, principal.subject, 'password-changed'),
  })
}
