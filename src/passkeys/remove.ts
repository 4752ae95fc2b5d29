import { sql } from 'drizzle-orm'
import type { Precondition } from '../commit/commit'
import type { Deps, Principal } from '../context'
import { notification } from '../mail/messages'
import { commitAndSync } from '../sessions/account-state'
import { sessionsOf } from '../sessions/object-stub'
import type { Proved } from '../users/proved'
import { deletePasskey, factorsChanged, hasPasskey } from './forget'

/**
 * Removes one of the user's passkeys and revokes the sessions that it opened. Takes effect before this
 * returns. Recovery codes go with the last factor. Throws `not_found`, `last_way_in`, and what `stepUp`
 * throws.
 */
export async function removePasskey(
  deps: Deps,
  principal: Principal,
  id: string,
  stepUp: () => Promise<Proved>,
): Promise<void> {
  const { userId, subject } = principal
  const { unchanged } = await stepUp()
  const uses = await sessionsOf(deps, subject).passkeyUses()
  const useless = uses.filter(({ isRemoved }) => isRemoved).map((use) => use.id)
  await commitAndSync(deps, subject, {
    preconditions: [unchanged, hasPasskey(userId, id), hasOtherWayIn(userId, [id, ...useless])],
    change: [...deletePasskey(deps, userId, id), ...factorsChanged(deps, userId)],
    audit: [{ event: 'passkey.removed', actor: userId, target: userId, data: { passkey_id: id } }],
    outbox: notification(deps, subject, 'passkey-removed'),
  })
}

/**
 * Precondition: the user can sign in without these passkeys, by a password or another passkey that verified
 * its user when it was made. Decided inside the batch, so two removals at once leave one way in. count() makes the number of rows read the same
 * each time.
 */
const hasOtherWayIn = (userId: number, without: readonly string[]): Precondition => ({
  name: 'other_way_in',
  holds: sql`EXISTS (SELECT 1 FROM users WHERE users.id = ${userId} AND users.hashed_password IS NOT NULL)
    OR (SELECT count(*) FROM passkeys WHERE passkeys.user_id = ${userId} AND passkeys.is_user_verified
      AND passkeys.id NOT IN (SELECT value FROM json_each(${JSON.stringify(without)}))) > 0`,
  otherwise: 'last_way_in',
})
