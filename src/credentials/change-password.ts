import { eq } from 'drizzle-orm'
import { type AndKeys, revokeKeys, WITHOUT_KEYS } from '../api-keys/revoke-api-key'
import type { Deps, Principal } from '../context'
import { invalidFields } from '../errors'
import { notification } from '../mail/messages'
import { ALL_BUT_UNDO, revokeTokens } from '../one-time-tokens/one-time-token'
import { commitAndSync } from '../sessions/account-state'
import { users } from '../tables/users'
import { accountBySubject } from '../users/account'
import type { Proved } from '../users/proved'
import { credentialsChanged, newPassword, sameCredentials } from './new-password'
import { verifyCurrentPassword } from './verify-current-password'
import { isSamePassword, isStoredPassword } from './verify-password'

/**
 * Changes the signed-in user's password and revokes all their sessions, this one included. Revokes
 * every emailed token except the link that undoes an email change. API keys need no password, so
 * they are revoked only if `andKeys` says so. The right current password is enough. Only a user who has
 * none proves otherwise who they are (`stepUp`: step-up/reauthenticate.ts). Throws `incorrect_password`,
 * `validation_failed`, `too_many_attempts`, and what `stepUp` throws.
 */
export async function changePassword(
  deps: Deps,
  principal: Principal,
  passwords: {
    current: string | undefined
    next: string
    stepUp: () => Promise<Proved>
  },
  andKeys: AndKeys = WITHOUT_KEYS,
): Promise<void> {
  const { current } = passwords
  const { account, unchanged } = await proved(deps, principal, passwords)
  const { id, email, full_name: fullName } = account.user
  const revokedKeys = revokeKeys(deps, andKeys, {
    actor: id,
    target: { id, subject: principal.subject },
  })
  const isCurrent = (typed: string) =>
    current === undefined
      ? isStoredPassword(deps, account.voidedPassword, typed)
      : isSamePassword(deps, account, current, typed)
  const owner = { email, fullName, isCurrent }
  const password = await newPassword(deps, passwords.next, owner, 'new_password')
  await commitAndSync(deps, principal.subject, {
    preconditions: [unchanged],
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

async function proved(
  deps: Deps,
  principal: Principal,
  { current, stepUp }: { current: string | undefined; stepUp: () => Promise<Proved> },
): Promise<Pick<Proved, 'account' | 'unchanged'>> {
  if (current !== undefined) {
    const account = await verifyCurrentPassword(deps, principal, current)
    return { account, unchanged: sameCredentials(account) }
  }
  const found = await accountBySubject(deps, principal.subject)
  if (found?.hashedPassword !== null) throw currentRequired()
  return stepUp()
}

const currentRequired = () =>
  invalidFields([
    { path: 'current_password', code: 'required', message: 'Give your current password' },
  ])
