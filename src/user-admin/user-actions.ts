/** An admin's actions on a single user, each with its preconditions and its audit row. */
import { eq, type SQL, sql } from 'drizzle-orm'
import { type AndKeys, revokeKeys, WITHOUT_KEYS } from '../api-keys/revoke-api-key'
import { type Change, commit } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { revokePending } from '../credentials/new-password'
import { mayReset } from '../credentials/reset-password'
import { randomId } from '../crypto/encoding'
import { sessionHash } from '../crypto/session-hash'
import type { Statement } from '../db/batch'
import { DomainError } from '../errors'
import type { EventName } from '../events'
import { type MailName, tokenMail } from '../mail/messages'
import { revokeTokens, newToken, storeToken } from '../one-time-tokens/one-time-token'
import { canManage } from '../rbac/conditions'
import { storeVerification } from '../registration/verification-links'
import { commitAndPerform, commitAndSync } from '../sessions/account-state'
import { sessionsOf } from '../sessions/object-stub'
import { commitAndRevoke } from '../sessions/revoke-session'
import { users } from '../tables/users'
import type { StaffMailPurpose } from '../throttle/budgets'
import { withinStaffMails } from '../throttle/staff-mail'
import { type Counted, unlock } from '../throttle/unlock'
import { findTarget, type Target } from '../users/find-target'

/**
 * Restricts the sessions of a user that a password has opened or proved, including live ones, until the user
 * changes it. A session of a passkey alone goes on: its user may not know the password. Whatever
 * was started under the old password is revoked: a change of address, the setup of a second factor.
 * Required actions do not restrict API keys, so these are revoked if asked to. Throws `not_found`,
 * `outranked`, `forbidden`.
 */
export async function requirePasswordChange(
  deps: Deps,
  actor: Actor,
  userId: number,
  andKeys: AndKeys = WITHOUT_KEYS,
): Promise<void> {
  const target = await findTarget(deps, userId)
  const revokedKeys = revokeKeys(deps, andKeys, { actor: actor.userId, target })
  await commitAndSync(deps, target.subject, {
    preconditions: canManage(actor, target),
    change: [
      deps.db
        .update(users)
        .set({
          passwordExpiresAt: deps.now,
          totpPendingSecret: null,
          totpPendingUntil: null,
          authVersion: sql`${users.authVersion} + 1`,
          updatedAt: deps.now,
        })
        .where(eq(users.id, userId)),
      revokeTokens(deps, userId, ['confirm_email_change']),
    ],
    audit: [
      { event: 'admin.password_change_required', actor: actor.userId, target: userId, data: {} },
      ...revokedKeys.audit,
    ],
    after: revokedKeys.after,
  })
}

/**
 * Mails a pending user a new link to verify their address or to accept their invitation. Throws
 * `not_found`, `outranked`, `forbidden`, `wrong_status`, `too_many_attempts`.
 */
export async function resendVerificationTo(
  deps: Deps,
  actor: Actor,
  userId: number,
): Promise<void> {
  const target = await findTarget(deps, userId)
  const [row] = await deps.db
    .select({ hashedPassword: users.hashedPassword })
    .from(users)
    .where(eq(users.id, userId))
  const isInvited = row?.hashedPassword === null
  const ttl = deps.config.INVITATION_TTL_SECONDS
  await mailLink(deps, actor, target, {
    event: 'admin.verification_resent',
    mail: isInvited ? 'accept-invitation' : 'verify-email',
    purpose: isInvited ? 'accept_invitation' : 'verify_email',
    store: async (mailId, isTarget) =>
      isInvited
        ? [storeToken(deps, await newToken(deps, 'accept_invitation', mailId, ttl), isTarget)]
        : storeVerification(deps, mailId, isTarget),
    isFor: sql`users.status = 'pending'`,
  })
}

/**
 * Mails a link to choose a new password. A user who has not accepted an invitation is refused: the
 * invitation can be sent again instead. Throws the same errors as resendVerificationTo.
 */
export async function sendPasswordReset(deps: Deps, actor: Actor, userId: number): Promise<void> {
  const ttl = deps.config.RESET_PASSWORD_TTL_SECONDS
  await mailLink(deps, actor, await findTarget(deps, userId), {
    event: 'admin.password_reset_sent',
    mail: 'reset-password',
    purpose: 'reset_password',
    store: async (mailId, isTarget) => [
      storeToken(deps, await newToken(deps, 'reset_password', mailId, ttl), isTarget),
    ],
    isFor: mayReset,
  })
}

interface Link {
  readonly event: Extract<EventName, 'admin.verification_resent' | 'admin.password_reset_sent'>
  readonly mail: MailName
  readonly purpose: StaffMailPurpose
  /** Stores the tokens that the email carries. */
  readonly store: (mailId: string, isTarget: SQL) => Promise<Statement[]>
  readonly isFor: SQL
}

async function mailLink(deps: Deps, actor: Actor, target: Target, link: Link): Promise<void> {
  const mailId = randomId()
  const change: Change = {
    preconditions: [
      ...canManage(actor, target),
      {
        name: 'fits_status',
        holds: sql`EXISTS (SELECT 1 FROM users WHERE users.id = ${target.id} AND ${link.isFor})`,
        otherwise: new DomainError('wrong_status'),
      },
    ],
    change: await link.store(mailId, eq(users.id, target.id)),
    audit: [{ event: link.event, actor: actor.userId, target: target.id, data: {} }],
    outbox: [tokenMail(deps, mailId, target.subject, link.mail)],
  }
  await withinStaffMails(deps, target.emailKey, link.purpose, () => commit(deps, change))
}

/**
 * Lifts the lockouts on a user's sign-ins and second factor. Each call also clears the failures
 * since the last one.
 */
export async function unlockAccount(deps: Deps, who: Counted): Promise<void> {
  await Promise.all([unlock(deps, who), sessionsOf(deps, who.subject).unlockFactors()])
}

/**
 * Lifts every lockout on a user's sign-ins and second factor. Throws `not_found`, `outranked`,
 * `forbidden`.
 */
export async function unlockUser(deps: Deps, actor: Actor, userId: number): Promise<void> {
  const target = await findTarget(deps, userId)
  const { subject } = target
  await commitAndPerform(
    deps,
    {
      preconditions: canManage(actor, target),
      change: [],
      audit: [{ event: 'admin.user_unlocked', actor: actor.userId, target: userId, data: {} }],
    },
    { kind: 'unlock', subject, payload: {} },
    () => unlockAccount(deps, target),
  )
}

/**
 * Revokes one session of a user, or all of them when `sid` is null. Revoking all also cancels what is
 * pending under the user's credentials: a change of address, the setup of a second factor, a
 * sign-in that waits for its second step. The user's API keys are revoked too if asked to.
 *
 * Throws `not_found` for a session that is not live or belongs to another user, and records nothing
 * then. Throws `outranked` and `forbidden`.
 */
export async function revokeSessions(
  deps: Deps,
  actor: Actor,
  userId: number,
  sid: string | null,
  andKeys: AndKeys = WITHOUT_KEYS,
): Promise<void> {
  const target = await findTarget(deps, userId)
  const revokedKeys = revokeKeys(deps, andKeys, { actor: actor.userId, target })
  if (sid !== null) {
    const live = await sessionsOf(deps, target.subject).listSessions()
    if (!live.some((session) => session.sid === sid)) throw new DomainError('not_found')
  }
  const session = sid === null ? null : sessionHash(sid)
  await commitAndRevoke(deps, target.subject, session, {
    preconditions: canManage(actor, target),
    change: sid === null ? [revokePending(deps, userId)] : [],
    audit: [
      {
        event: 'admin.sessions_revoked',
        actor: actor.userId,
        target: userId,
        data: { session_id: session },
      },
      ...revokedKeys.audit,
    ],
    after: revokedKeys.after,
  })
}
