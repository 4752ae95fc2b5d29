import { eq } from 'drizzle-orm'
import { type Change, commit } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { isUniqueViolation } from '../db/faults'
import { DomainError, invalidFields } from '../errors'
import { canManage } from '../rbac/conditions'
import { commitAndSync } from '../sessions/account-state'
import { type Proof, proveToManage } from '../step-up/reauthenticate'
import { users } from '../tables/users'
import { withinStaffMails } from '../throttle/staff-mail'
import { type AdminUser, findAdminUser } from '../user-search/admin-user'
import { addressIssues, type EmailAddress } from '../users/email-address'
import { findTarget, type Target, userNotFound } from '../users/find-target'
import { getUser } from './get-user'
import { keptAddress } from './keep-address'
import { addressChange, NO_ADDRESS_CHANGE } from './set-address'

export interface UserEdit {
  readonly full_name?: string | undefined
  readonly bio?: string | null | undefined
  readonly avatar_url?: string | null | undefined
  readonly email?: EmailAddress | undefined
}

/**
 * Edits another user's account.
 *
 * A new address counts as verified and revokes every mailed link of the account, including one that
 * would undo an earlier change. Both addresses get an email. Admins cannot change their own address
 * here. If no address of the account had ever been verified, its password and second factor are
 * void, as in an activation. A user without a password is mailed a link to choose one.
 *
 * An edit that names the current address revokes the links that could move or take over the
 * account, and changes nothing else.
 *
 * Whoever sets an address can go on to take the account over, and even the current one revokes links. So a
 * session must have proved recently who is acting, or `proof` does it now.
 *
 * Throws `not_found`, `outranked`, `forbidden`, `email_taken`, `too_many_attempts`, and with an address what
 * reauthenticate throws.
 */
export async function editUser(
  deps: Deps,
  actor: Actor,
  userId: number,
  edit: UserEdit,
  proof: Proof = {},
): Promise<AdminUser> {
  if (edit.email !== undefined) await proveToManage(deps, actor, proof)
  return saveEdit(deps, actor, userId, edit)
}

async function saveEdit(
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
  const unsupported = isMoving && edit.email ? addressIssues(deps.config, edit.email, 'email') : []
  if (unsupported.length > 0) throw invalidFields(unsupported)
  // An edit without fields only reads the user, so it is logged as a view.
  if (fields.length === 0 && edit.email === undefined) return getUser(deps, actor, userId)
  const isSaved = await (isMoving || edit.email === undefined ? save : saveInPlace)(
    deps,
    actor,
    target,
    edit,
    fields,
  )
  // The address changed after we read it, so the checks above were made for the wrong address.
  // Start over.
  if (!isSaved) return saveEdit(deps, actor, userId, edit)
  const user = await findAdminUser(deps, userId)
  if (!user) throw userNotFound()
  return user
}

const profileIn = (edit: UserEdit) => ({
  ...(edit.full_name !== undefined && { fullName: edit.full_name }),
  ...(edit.bio !== undefined && { bio: edit.bio }),
  ...(edit.avatar_url !== undefined && { avatarUrl: edit.avatar_url }),
})

/** Saves an edit that names the current address. Returns false if the address has changed since. */
function saveInPlace(
  deps: Deps,
  actor: Actor,
  target: Target,
  edit: UserEdit,
  fields: string[],
): Promise<boolean> {
  const kept = keptAddress(deps, actor, target, fields)
  return commit(deps, {
    ...kept,
    preconditions: [...canManage(actor, target), ...kept.preconditions],
    change:
      fields.length === 0
        ? []
        : [
            deps.db
              .update(users)
              .set({ ...profileIn(edit), updatedAt: deps.now })
              .where(eq(users.id, target.id)),
          ],
  })
}

async function save(
  deps: Deps,
  actor: Actor,
  target: Target,
  edit: UserEdit,
  fields: string[],
): Promise<boolean> {
  const email = fields.includes('email') ? edit.email : undefined
  const move = email ? await addressChange(deps, actor, target, email) : NO_ADDRESS_CHANGE
  const change: Change = {
    preconditions: [...canManage(actor, target), ...move.preconditions],
    change: [
      ...move.before,
      deps.db
        .update(users)
        .set({
          ...profileIn(edit),
          ...move.columns,
          updatedAt: deps.now,
        })
        .where(eq(users.id, target.id)),
      ...move.after,
    ],
    audit: [
      { event: 'admin.user_edited', actor: actor.userId, target: target.id, data: { fields } },
      ...move.audit,
    ],
    outbox: move.outbox,
  }
  try {
    if (!email) return await commit(deps, change)
    return await withinStaffMails(deps, email.key, 'address_set', () =>
      commitAndSync(deps, target.subject, change),
    )
  } catch (error) {
    if (isUniqueViolation(error, 'users.email_key')) throw new DomainError('email_taken')
    throw error
  }
}
