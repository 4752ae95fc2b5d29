import { eq, sql } from 'drizzle-orm'
import { isFreeAddress, newToken, storeToken } from '../auth/one-time-token'
import type { Actor, Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { commit } from '../db/commit'
import { isUniqueViolation } from '../db/faults'
import { DomainError } from '../errors'
import { tokenMail } from '../mail/messages'
import { mayGrantRoles, stillMay } from '../rbac/conditions'
import { DEFAULT_ROLE } from '../rbac/permissions'
import { tellOfGrant } from '../rbac/tell-of-grant'
import type { EmailAddress } from '../users/email-address'
import { users } from '../users/schema'
import { findUser, type User } from '../users/user-view'
import { areKnownRoles } from './known-roles'

export interface Invitation {
  readonly email: EmailAddress
  readonly fullName: string
  readonly roles: readonly string[]
}

/**
 * Makes an account without a password, with no more roles than the actor could grant, and mails a link
 * to accept it. Throws `email_taken`, `not_found` for an unknown role, `forbidden`.
 */
export async function inviteUser(deps: Deps, actor: Actor, invitation: Invitation): Promise<User> {
  const { email, fullName } = invitation
  const roles = [...new Set([DEFAULT_ROLE, ...invitation.roles])]
  const subject = randomId()
  const mailId = randomId()
  const ttl = deps.config.INVITATION_TTL_SECONDS
  const token = await newToken(deps, 'accept_invitation', mailId, ttl)
  const isHim = eq(users.subject, subject)
  try {
    await commit(deps, {
      preconditions: [
        stillMay(actor, 'admin:users'),
        areKnownRoles(roles),
        mayGrantRoles(actor, invitation.roles),
        {
          name: 'address_free',
          holds: isFreeAddress(deps, email.key, null),
          otherwise: 'email_taken',
        },
      ],
      change: [
        deps.db.insert(users).values({
          subject,
          email: email.email,
          emailKey: email.key,
          fullName,
          language: deps.config.DEFAULT_LANGUAGE,
          origin: 'invited',
          invitedBy: actor.userId,
          createdAt: deps.now,
          updatedAt: deps.now,
        }),
        sql`INSERT INTO user_roles (user_id, role_id, assigned_at, assigned_by)
          SELECT users.id, roles.id, ${deps.now}, ${actor.userId} FROM users
          JOIN json_each(${JSON.stringify(roles)}) AS given JOIN roles ON roles.name = given.value
          WHERE users.subject = ${subject}`,
        storeToken(deps, token, isHim),
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
    })
  } catch (error) {
    if (isUniqueViolation(error, 'users.email_key')) throw new DomainError('email_taken')
    throw error
  }
  const user = await findUser(deps, isHim)
  if (!user) throw new Error('the account that was just made is not there')
  return user
}
