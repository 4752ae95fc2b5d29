import { eq, sql } from 'drizzle-orm'
import { type AndKeys, endKeys, WITHOUT_KEYS } from '../api-keys/revoke-api-key'
import { dropUnprovedCodes, hasUnprovedPassword, provedCredentials } from '../users/first-proof'
import { credentialsChanged } from '../credentials/new-password'
import { endTokens, newToken, storeToken } from '../one-time-tokens/one-time-token'
import { oneTimeTokens } from '../tables/one-time-tokens'
import type { Actor, Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { tokenMail } from '../mail/messages'
import { anAdminRemains, mayTouch } from '../rbac/conditions'
import { tellOfActivation } from '../rbac/tell-of-grant'
import { commitAndSync } from '../sessions/account-state'
import { findTarget } from '../users/find-target'
import { users } from '../tables/users'
import { endKeysAlone } from './revoke-keys'

/**
 * Activates a user. If nobody has proved the address yet, the admin vouches for it, and its tokens end.
 * The admin does not know who chose the password, so it is void, as is a second factor, and a link to
 * choose a new password goes to the address. A user who was deactivated keeps no link from before. The
 * roles come back with the account, so the admin gets a mail when they open the administration. Once
 * more changes nothing. Throws `not_found`, `outranked`, `forbidden`.
 */
export async function activateUser(
  deps: Deps,
  actor: Actor,
  userId: number,
  andKeys: AndKeys = WITHOUT_KEYS,
): Promise<void> {
  const target = await findTarget(deps, userId)
  const ended = endKeys(deps, andKeys, { actor: actor.userId, target })
  const mailId = randomId()
  const ttl = deps.config.RESET_PASSWORD_TTL_SECONDS
  const reset = await newToken(deps, 'reset_password', mailId, ttl)
  const isChanged = await commitAndSync(deps, target.subject, {
    preconditions: [
      ...mayTouch(actor, target),
      { name: 'inactive', holds: sql`NOT ${isActive(userId)}`, otherwise: 'unchanged' },
    ],
    change: [
      // Deactivation has ended them already; this is for an account that was deactivated in another way.
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
      endTokens(deps, userId, ['verify_email', 'decline_registration', 'accept_invitation']),
    ],
    audit: [
      ...[true, false].map((vouched) => ({
        event: 'admin.user_activated' as const,
        actor: actor.userId,
        target: userId,
        data: { vouched },
        onlyIf: sql`${vouched ? 1 : 0} = ${isVouchedNow(deps, userId)}`,
      })),
      ...ended.audit,
    ],
    after: ended.after,
    outbox: [
      {
        ...tokenMail(deps, mailId, target.subject, 'reset-password'),
        onlyIf: sql`EXISTS (SELECT 1 FROM one_time_tokens WHERE hash = ${reset.hash})`,
      },
      ...(await tellOfActivation(deps, actor, target)),
    ],
  })
  if (!isChanged) await endKeysAlone(deps, actor, target, andKeys)
}

/**
 * Deactivates a user: no token of theirs works once this returns, and no mailed link, ever: none comes
 * back with a later activation. Their API keys rest and would come back with the account, unless they are
 * ended too. Once more changes nothing. Throws `not_found`, `outranked`, `forbidden`, `last_admin`.
 */
export async function deactivateUser(
  deps: Deps,
  actor: Actor,
  userId: number,
  andKeys: AndKeys = WITHOUT_KEYS,
): Promise<void> {
  const target = await findTarget(deps, userId)
  const ended = endKeys(deps, andKeys, { actor: actor.userId, target })
  const isChanged = await commitAndSync(deps, target.subject, {
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
      endTokens(deps, userId),
    ],
    audit: [
      { event: 'admin.user_deactivated', actor: actor.userId, target: userId, data: {} },
      ...ended.audit,
    ],
    after: ended.after,
  })
  if (!isChanged) await endKeysAlone(deps, actor, target, andKeys)
}

/** Of the row as the batch has just left it: nothing before this has proved the address. */
const isVouchedNow = (deps: Deps, userId: number) =>
  sql`EXISTS (SELECT 1 FROM users WHERE id = ${userId} AND email_verified_at = ${deps.now})`

const isActive = (userId: number) =>
  sql`EXISTS (SELECT 1 FROM users WHERE id = ${userId} AND status = 'active')`
