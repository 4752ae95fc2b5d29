import { eq, sql } from 'drizzle-orm'
import { type Change, commit, type Precondition } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { isUniqueViolation } from '../db/faults'
import { DomainError } from '../errors'
import { tokenMail } from '../mail/messages'
import { newToken, storeToken } from '../one-time-tokens/one-time-token'
import { isNotReserved } from '../one-time-tokens/undo-links'
import { mayGrantRoles, notOutrankedBy, hasPermissionNow } from '../rbac/conditions'
import { tellOfGrant } from '../rbac/tell-of-grant'
import { type Proof, proveToGrant } from '../step-up/reauthenticate'
import { DEFAULT_ROLE } from '../tables/rbac'
import { users } from '../tables/users'
import { withinStaffMails } from '../throttle/staff-mail'
import type { EmailAddress } from '../users/email-address'
import { findUser, type User } from '../users/user-view'
import { clearTakenOver, isUnprovedRegistration, takenOver } from './take-over'

export interface Invitation {
  readonly email: EmailAddress
  readonly fullName: string
  readonly roles: readonly string[]
  /** Who is acting, for a session that gives roles. */
  readonly proof?: Proof
}

/**
 * Creates an account without a password, with no more roles than the actor may grant, and emails a
 * link to accept it. An unverified registration with the address is taken over: a stranger must not
 * be able to keep a user from being invited. Throws `email_taken`, `forbidden`,
 * `too_many_attempts`, `not_found` for an unknown role, and `outranked` if that registration has
 * permissions that the actor lacks. Giving roles throws what reauthenticate throws, too.
 */
export async function inviteUser(deps: Deps, actor: Actor, invitation: Invitation): Promise<User> {
  const { email, fullName } = invitation
  await proveToGrant(deps, actor, invitation.roles, invitation.proof)
  const roles = [...new Set([DEFAULT_ROLE, ...invitation.roles])]
  const subject = randomId()
  const mailId = randomId()
  const ttl = deps.config.INVITATION_TTL_SECONDS
  const token = await newToken(deps, 'accept_invitation', mailId, ttl)
  const isUser = eq(users.subject, subject)
  const isThere = sql`users.email_key = ${email.key}`
  const isTakenOver = sql`${isThere} AND ${isUnprovedRegistration}`
  const fields = {
    subject,
    email: email.email,
    fullName,
    language: deps.config.DEFAULT_LANGUAGE,
    signupSource: 'invited' as const,
    invitedBy: actor.userId,
    updatedAt: deps.now,
  }
  const change: Change = {
    preconditions: [
      hasPermissionNow(actor, 'admin:users'),
      areKnownRoles(roles),
      mayGrantRoles(actor, invitation.roles),
      {
        name: 'address_free',
        holds: sql`NOT EXISTS (SELECT 1 FROM users WHERE ${isThere} AND NOT (${isUnprovedRegistration}))
            AND ${isNotReserved(deps, email.key)}`,
        otherwise: 'email_taken',
      },
      notOutrankedBy(actor, sql`(SELECT users.id FROM users WHERE ${isThere})`),
    ],
    change: [
      ...clearTakenOver(deps, isTakenOver),
      deps.db
        .insert(users)
        .values({ ...fields, emailKey: email.key, createdAt: deps.now })
        .onConflictDoUpdate({
          target: users.emailKey,
          set: { ...takenOver, ...fields },
          setWhere: isTakenOver,
        }),
      sql`INSERT INTO user_roles (user_id, role_id, assigned_at, assigned_by)
          SELECT users.id, roles.id, ${deps.now}, ${actor.userId} FROM users
          JOIN json_each(${JSON.stringify(roles)}) AS given JOIN roles ON roles.name = given.value
          WHERE users.subject = ${subject}`,
      storeToken(deps, token, isUser),
    ],
    audit: [
      {
        event: 'admin.user_invited',
        actor: actor.userId,
        target: { subject },
        data: { roles },
      },
    ],
    outbox: [
      tokenMail(deps, mailId, subject, 'accept-invitation'),
      ...(await tellOfGrant(deps, actor, invitation.roles, null)),
    ],
  }
  try {
    await withinStaffMails(deps, email.key, 'accept_invitation', () => commit(deps, change))
  } catch (error) {
    if (isUniqueViolation(error, 'users.email_key')) throw new DomainError('email_taken')
    throw error
  }
  const user = await findUser(deps, { subject })
  // The setup of the first admin has taken over the account since, or it was erased.
  if (!user) throw new DomainError('email_taken')
  return user
}

/** Precondition: all of these roles exist when the batch runs. */
const areKnownRoles = (names: readonly string[]): Precondition => ({
  name: 'roles_known',
  holds: sql`NOT EXISTS (SELECT 1 FROM json_each(${JSON.stringify(names)})
    WHERE value NOT IN (SELECT name FROM roles))`,
  otherwise: new DomainError('not_found', { detail: 'Role not found' }),
})
