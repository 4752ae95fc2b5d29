/** The statements and preconditions of every removal of passkeys. */
import { and, eq, gte, sql } from 'drizzle-orm'
import type { Precondition } from '../commit/commit'
import type { Deps } from '../context'
import type { Statement } from '../db/batch'
import { dropUselessCodes } from '../factors/recovery-codes/recovery-codes'
import { revokeTokens } from '../one-time-tokens/one-time-token'
import { commitAndSync } from '../sessions/account-state'
import { passkeys } from '../tables/passkeys'
import { users } from '../tables/users'

/**
 * Deletes a passkey. `commitAndSync` tells the user's object, which refuses the passkey from then on and
 * revokes the sessions that it opened.
 */
export const deletePasskey = (deps: Deps, userId: number, id: string): Statement[] => [
  deps.db.delete(passkeys).where(and(eq(passkeys.userId, userId), eq(passkeys.id, id))),
  dropUselessCodes(userId),
]

/** Deletes the passkeys that were added since an instant (ms). */
export const deletePasskeysSince = (deps: Deps, userId: number, since: number): Statement[] => [
  deps.db.delete(passkeys).where(and(eq(passkeys.userId, userId), gte(passkeys.createdAt, since))),
  dropUselessCodes(userId),
]

/** Deletes all passkeys of a user. */
export const deleteAllPasskeys = (deps: Deps, userId: number): Statement =>
  deps.db.delete(passkeys).where(eq(passkeys.userId, userId))

/** For the account state to be handed to the object. The credentials of other sessions stay. */
export const passkeysChanged = (deps: Deps, userId: number): Statement =>
  deps.db
    .update(users)
    .set({ authVersion: sql`${users.authVersion} + 1`, updatedAt: deps.now })
    .where(eq(users.id, userId))

/**
 * The same when a first passkey is added or one is removed. What was begun before is cancelled: the setup of
 * a second factor and a change of address. It may have been begun with a weaker proof than the account can
 * give now, or with the passkey of a thief.
 */
export const factorsChanged = (deps: Deps, userId: number): Statement[] => [
  deps.db
    .update(users)
    .set({
      totpPendingSecret: null,
      totpPendingUntil: null,
      authVersion: sql`${users.authVersion} + 1`,
      updatedAt: deps.now,
    })
    .where(eq(users.id, userId)),
  revokeTokens(deps, userId, ['confirm_email_change']),
]

/** Precondition: the user has this passkey. */
export const hasPasskey = (
  userId: number,
  id: string,
  otherwise: Precondition['otherwise'] = 'not_found',
): Precondition => ({
  name: 'passkey_there',
  holds: sql`EXISTS (SELECT 1 FROM ${passkeys} WHERE ${passkeys.userId} = ${userId} AND ${passkeys.id} = ${id})`,
  otherwise,
})

/**
 * Deletes a passkey that the user's object knows as removed, which happens after a restore of D1. The
 * removal was logged when it was made.
 */
export async function forgetPasskey(
  deps: Deps,
  { userId, subject }: { readonly userId: number; readonly subject: string },
  id: string,
): Promise<void> {
  await commitAndSync(deps, subject, {
    preconditions: [hasPasskey(userId, id, 'unchanged')],
    change: [...deletePasskey(deps, userId, id), passkeysChanged(deps, userId)],
    audit: [],
  })
}
