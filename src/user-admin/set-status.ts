import { eq, sql } from 'drizzle-orm'
import { type AndKeys, revokeKeys, WITHOUT_KEYS } from '../api-keys/revoke-api-key'
import type { Actor, Deps } from '../context'
import { credentialsChanged } from '../credentials/new-password'
import { randomId } from '../crypto/encoding'
import { tokenMail } from '../mail/messages'
import { revokeTokens, newToken, storeToken } from '../one-time-tokens/one-time-token'
import { anAdminRemains, canManage } from '../rbac/conditions'
import { tellOfActivation } from '../rbac/tell-of-grant'
import { commitAndSync } from '../sessions/account-state'
import { oneTimeTokens } from '../tables/one-time-tokens'
import { users } from '../tables/users'
import { findTarget } from '../users/find-target'
import { dropUnprovedCodes, hasUnprovedPassword, provedCredentials } from '../users/first-proof'
import { revokeKeysAlone } from './revoke-keys'

/**
 * Activates a user. An already active user is left unchanged.
 *
 * If the address is not verified, the admin vouches for it, and the tokens that were meant to
 * verify it are revoked. Nobody knows who chose the password, so the password and the second factor
 * are void, and a link to choose a new password is mailed to the address. A user who was
 * deactivated keeps no link from before. Activation also restores roles, so the admin gets an email
 * when these roles open the administration.
 *
 * Throws `not_found`, `outranked`, `forbidden`.
 */
export async function activateUser(
  deps: Deps,
  actor: Actor,
  userId: number,
  andKeys: AndKeys = WITHOUT_KEYS,
): Promise<void> {
  const target = await findTarget(deps, userId)
  const revokedKeys = revokeKeys(deps, andKeys, { actor: actor.userId, target })
  const mailId = randomId()
  const ttl = deps.config.RESET_PASSWORD_TTL_SECONDS
  const reset = await newToken(deps, 'reset_password', mailId, ttl)
  const isChanged = await commitAndSync(deps, target.subject, {
    preconditions: [
      ...canManage(actor, target),
      { name: 'inactive', holds: sql`NOT ${isActive(userId)}`, otherwise: 'unchanged' },
    ],
    change: [
      // Deactivation has already revoked them. This covers accounts that were deactivated in
      // another way.
      deps.db
        .delete(oneTimeTokens)
        .where(
          sql`${oneTimeTokens.userId} = (SELECT id FROM users WHERE id = ${userId} AND deactivated_at IS NOT NULL)`,
        ),
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
      revokeTokens(deps, userId, ['verify_email', 'decline_registration', 'accept_invitation']),
    ],
    audit: [
      ...[true, false].map((vouched) => ({
        event: 'admin.user_activated' as const,
        actor: actor.userId,
        target: userId,
        data: { vouched },
        onlyIf: sql`${vouched ? 1 : 0} = ${isVouchedNow(deps, userId)}`,
      })),
      ...revokedKeys.audit,
    ],
    after: revokedKeys.after,
    outbox: [
      {
        ...tokenMail(deps, mailId, target.subject, 'reset-password'),
        onlyIf: sql`EXISTS (SELECT 1 FROM one_time_tokens WHERE hash = ${reset.hash})`,
      },
      ...(await tellOfActivation(deps, actor, target)),
    ],
  })
  if (!isChanged) await revokeKeysAlone(deps, actor, target, andKeys)
}

/**
 * Deactivates a user. A user who is already deactivated is left unchanged.
 *
 * None of their tokens works once this returns. Their mailed links are revoked for good: a later
 * activation does not restore them. Their API keys are suspended and work again after an
 * activation, unless they are revoked too.
 *
 * Throws `not_found`, `outranked`, `forbidden`, `last_admin`.
 */
export async function deactivateUser(
  deps: Deps,
  actor: Actor,
  userId: number,
  andKeys: AndKeys = WITHOUT_KEYS,
): Promise<void> {
  const target = await findTarget(deps, userId)
  const revokedKeys = revokeKeys(deps, andKeys, { actor: actor.userId, target })
  const isChanged = await commitAndSync(deps, target.subject, {
    preconditions: [
      ...canManage(actor, target),
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
      revokeTokens(deps, userId),
    ],
    audit: [
      { event: 'admin.user_deactivated', actor: actor.userId, target: userId, data: {} },
      ...revokedKeys.audit,
    ],
    after: revokedKeys.after,
  })
  if (!isChanged) await revokeKeysAlone(deps, actor, target, andKeys)
}

/** True if this batch verified the address: the row then carries the batch's time. */
const isVouchedNow = (deps: Deps, userId: number) =>
  sql`EXISTS (SELECT 1 FROM users WHERE id = ${userId} AND email_verified_at = ${deps.now})`

const isActive = (userId: number) =>
  sql`EXISTS (SELECT 1 FROM users WHERE id = ${userId} AND status = 'active')`
