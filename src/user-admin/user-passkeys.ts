/** A user's passkeys, as admins see and remove them. */
import { commit } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { notificationOfOthers } from '../mail/messages'
import { deletePasskey, factorsChanged, hasPasskey } from '../passkeys/forget'
import { listPasskeys } from '../passkeys/list'
import type { PasskeyView } from '../passkeys/passkey-view'
import { canManage, isNotSelf } from '../rbac/conditions'
import { commitAndSync } from '../sessions/account-state'
import { findTarget } from '../users/find-target'

/** Returns a user's passkeys and logs the view. Throws `not_found`. */
export async function getUserPasskeys(
  deps: Deps,
  actor: Actor,
  userId: number,
): Promise<PasskeyView[]> {
  const { subject } = await findTarget(deps, userId)
  const listed = await listPasskeys(deps, { userId, subject })
  await commit(deps, {
    change: [],
    audit: [
      {
        event: 'admin.user_viewed',
        actor: { subject: actor.subject },
        target: userId,
        data: {},
      },
    ],
  })
  return listed
}

/**
 * Removes a passkey of another user and revokes the sessions that it opened, even if it is the last way
 * in: the user can choose a password by email. Throws `not_found`, `outranked`, `forbidden`.
 */
export async function removeUserPasskey(
  deps: Deps,
  actor: Actor,
  userId: number,
  id: string,
): Promise<void> {
  const target = await findTarget(deps, userId)
  await commitAndSync(deps, target.subject, {
    preconditions: [...canManage(actor, target), isNotSelf(actor, target), hasPasskey(userId, id)],
    change: [...deletePasskey(deps, userId, id), ...factorsChanged(deps, userId)],
    audit: [
      {
        event: 'admin.passkey_removed',
        actor: actor.userId,
        target: userId,
        data: { passkey_id: id },
      },
    ],
    outbox: notificationOfOthers(deps, target.subject, 'passkey-removed'),
  })
}
