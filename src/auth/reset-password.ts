import { eq, sql } from 'drizzle-orm'
import { type AndKeys, endKeys, WITHOUT_KEYS } from '../api-keys/revoke-api-key'
import type { Deps } from '../context'
import { notice } from '../mail/messages'
import { commitAndSync } from '../sessions/authority'
import { unlock } from '../throttle/unlock'
import { users } from '../users/schema'
import { accountBySubject } from './account'
import { credentialsChanged, newPassword } from './new-password'
import { ALL_BUT_UNDO, endTokens, findToken, isUsable, spentToken } from './one-time-token'

/**
 * Sets a new password by a mailed token. Ends every session, signs nobody in, keeps the second factor;
 * the mail has proved the address, so a pending account becomes active and its squatter's password
 * is gone. API keys end if asked to. Throws `invalid_token`, `validation_failed`.
 */
export async function resetPassword(
  deps: Deps,
  token: string,
  typed: string,
  andKeys: AndKeys = WITHOUT_KEYS,
): Promise<void> {
  const found = await findToken(deps, 'reset_password', token)
  const account = await accountBySubject(deps, found.subject)
  if (!account) throw spentToken('reset_password')
  const { email, full_name: fullName } = account.user
  const password = await newPassword(deps, typed, { email, fullName }, 'new_password')
  const { userId, subject } = found
  const ended = endKeys(deps, andKeys, { actor: userId, target: { id: userId, subject } })
  await commitAndSync(deps, subject, {
    preconditions: [
      isUsable(deps, 'reset_password', found.hash),
      {
        name: 'not_deactivated',
        holds: sql`EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${userId} AND ${users.status} <> 'deactivated')`,
        otherwise: spentToken('reset_password'),
      },
    ],
    change: [
      deps.db
        .update(users)
        .set({
          ...password,
          ...credentialsChanged(deps),
          emailVerifiedAt: sql`coalesce(${users.emailVerifiedAt}, ${deps.now})`,
        })
        .where(eq(users.id, userId)),
      endTokens(deps, userId, ALL_BUT_UNDO),
    ],
    audit: [
      { event: 'user.password_reset', actor: userId, target: userId, data: {} },
      ...ended.audit,
    ],
    after: ended.after,
    outbox: notice(deps, subject, 'password-changed'),
  })
  // Whoever holds the mailbox is no guesser: he may sign in at once. If this fails he waits.
  await unlock(deps, { emailKey: account.emailKey, subject }).catch(() =>
    console.warn(JSON.stringify({ event: 'unlock_failed' })),
  )
}
