import { eq, sql } from 'drizzle-orm'
import { ALL_BUT_UNDO, endTokens, isFreeAddress } from '../auth/one-time-token'
import type { Actor, Deps } from '../context'
import { commit, type OutboxEntry } from '../db/commit'
import { isUniqueViolation } from '../db/faults'
import { DomainError } from '../errors'
import { addressedMail } from '../mail/messages'
import { mayTouch, notHimself } from '../rbac/conditions'
import { commitAndSync } from '../sessions/authority'
import type { EmailAddress } from '../users/email-address'
import { findTarget, type Target, userNotFound } from '../users/find-target'
import { users } from '../users/schema'
import { type AdminUser, findAdminUser } from './admin-user'
import { getUser } from './get-user'

export interface UserEdit {
  readonly full_name?: string | undefined
  readonly bio?: string | null | undefined
  readonly avatar_url?: string | null | undefined
  readonly email?: EmailAddress | undefined
}

/**
 * Edits somebody's account. A new address counts as verified, kills every mailed token, and both
 * addresses are told; nobody changes his own here. Throws `not_found`, `outranked`, `forbidden`,
 * `email_taken`.
 */
export async function editUser(
  deps: Deps,
  actor: Actor,
  userId: number,
  edit: UserEdit,
): Promise<AdminUser> {
  const target = await findTarget(deps, userId)
  const isMoving = edit.email !== undefined && edit.email.email !== target.email
  const fields = Object.entries(edit).flatMap(([name, value]) =>
    value === undefined || (name === 'email' && !isMoving) ? [] : name,
  )
  // Without a change it is a look at him, and recorded as one.
  if (fields.length === 0) return getUser(deps, actor, userId)
  await save(deps, actor, target, edit, fields)
  const user = await findAdminUser(deps, userId)
  if (!user) throw userNotFound()
  return user
}

async function save(
  deps: Deps,
  actor: Actor,
  target: Target,
  edit: UserEdit,
  fields: string[],
): Promise<void> {
  const email = fields.includes('email') ? edit.email : undefined
  const change = {
    preconditions: [
      ...mayTouch(actor, target),
      ...(email
        ? [
            notHimself(actor, target),
            {
              name: 'address_free',
              holds: isFreeAddress(deps, email.key, target.id),
              otherwise: 'email_taken' as const,
            },
          ]
        : []),
    ],
    change: [
      deps.db
        .update(users)
        .set({
          ...(edit.full_name !== undefined && { fullName: edit.full_name }),
          ...(edit.bio !== undefined && { bio: edit.bio }),
          ...(edit.avatar_url !== undefined && { avatarUrl: edit.avatar_url }),
          ...(email && {
            email: email.email,
            emailKey: email.key,
            emailVerifiedAt: deps.now,
            // A pending account becomes active by it.
            authVersion: sql`${users.authVersion} + 1`,
          }),
          updatedAt: deps.now,
        })
        .where(eq(users.id, target.id)),
      ...(email ? [endTokens(deps, target.id, ALL_BUT_UNDO)] : []),
    ],
    audit: [
      {
        event: 'admin.user_edited' as const,
        actor: actor.userId,
        target: target.id,
        data: { fields },
      },
    ],
    outbox: email ? await tellBoth(deps, target, email.email) : [],
  }
  try {
    await (email ? commitAndSync(deps, target.subject, change) : commit(deps, change))
  } catch (error) {
    if (isUniqueViolation(error, 'users.email_key')) throw new DomainError('email_taken')
    throw error
  }
}

/** To the old and the new address. The rows name him, so that an erasure takes them along. */
const tellBoth = async (deps: Deps, target: Target, newEmail: string): Promise<OutboxEntry[]> => {
  const mails = [target, { ...target, email: newEmail }].map(async (recipient) => ({
    ...(await addressedMail(deps, 'email-set-by-admin', recipient)),
    subject: target.subject,
  }))
  return Promise.all(mails)
}
