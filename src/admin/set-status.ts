import { eq, sql } from 'drizzle-orm'
import { dropUnprovedCodes, hasUnprovedPassword, provedCredentials } from '../auth/first-proof'
import { credentialsChanged } from '../auth/new-password'
import { ALL_BUT_UNDO, endTokens, newToken, storeToken } from '../auth/one-time-token'
import type { Actor, Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { tokenMail } from '../mail/messages'
import { anAdminRemains, mayTouch } from '../rbac/conditions'
import { commitAndSync } from '../sessions/authority'
import { findTarget } from '../users/find-target'
import { users } from '../users/schema'

/**
 * Activates a user. If nobody has proved the address yet, the admin vouches for it, and its tokens die.
 * The admin does not know who chose the password, so it is void, as is a second factor, and a link to
 * choose a new password goes to the address. Once more changes nothing. Throws `not_found`,
 * `outranked`, `forbidden`.
 */
export async function activateUser(deps: Deps, actor: Actor, userId: number): Promise<void> {
  const target = await findTarget(deps, userId)
  const mailId = randomId()
  const ttl = deps.config.RESET_PASSWORD_TTL_SECONDS
  const reset = await newToken(deps, 'reset_password', mailId, ttl)
  await commitAndSync(deps, target.subject, {
    preconditions: [
      ...mayTouch(actor, target),
      { name: 'inactive', holds: sql`NOT ${isActive(userId)}`, otherwise: 'unchanged' },
    ],
    change: [
      storeToken(deps, reset, hasUnprovedPassword(userId)),
      dropUnprovedCodes(userId),
      deps.db
        .update(users)
        .set({
          ...provedCredentials,
          deactivatedAt: null,
          emailVerifiedAt: sql`coalesce(${users.emailVerifiedAt}, ${deps.now})`,
          authVersion: sql`${users.authVersion} + 1`,
          updatedAt: deps.now,
        })
        .where(eq(users.id, userId)),
      endTokens(deps, userId, ['verify_email', 'decline_registration', 'accept_invitation']),
    ],
    audit: [true, false].map((vouched) => ({
      event: 'admin.user_activated' as const,
      actor: actor.userId,
      target: userId,
      data: { vouched },
      onlyIf: sql`${vouched ? 1 : 0} = ${isVouchedNow(deps, userId)}`,
    })),
    outbox: [
      {
        ...tokenMail(deps, mailId, target.subject, 'reset-password'),
        onlyIf: sql`EXISTS (SELECT 1 FROM one_time_tokens WHERE hash = ${reset.hash})`,
      },
    ],
  })
}

/**
 * Deactivates a user: no token of his works once this returns, and no mailed one either. Once more
 * changes nothing. Throws `not_found`, `outranked`, `forbidden`, `last_admin`.
 */
export async function deactivateUser(deps: Deps, actor: Actor, userId: number): Promise<void> {
  const target = await findTarget(deps, userId)
  await commitAndSync(deps, target.subject, {
    preconditions: [
      ...mayTouch(actor, target),
      anAdminRemains(userId),
      {
        name: 'not_deactivated',
        holds: sql`EXISTS (SELECT 1 FROM users WHERE id = ${userId} AND deactivated_at IS NULL)`,
        otherwise: 'unchanged',
      },
    ],
    change: [
      deps.db
        .update(users)
        .set({ deactivatedAt: deps.now, ...credentialsChanged(deps) })
        .where(eq(users.id, userId)),
      endTokens(deps, userId, ALL_BUT_UNDO),
    ],
    audit: [{ event: 'admin.user_deactivated', actor: actor.userId, target: userId, data: {} }],
  })
}

/** Of the row as the batch has just left it: nothing before this has proved the address. */
const isVouchedNow = (deps: Deps, userId: number) =>
  sql`EXISTS (SELECT 1 FROM users WHERE id = ${userId} AND email_verified_at = ${deps.now})`

const isActive = (userId: number) =>
  sql`EXISTS (SELECT 1 FROM users WHERE id = ${userId} AND status = 'active')`
