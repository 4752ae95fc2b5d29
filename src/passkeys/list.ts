import { asc, eq } from 'drizzle-orm'
import type { Deps } from '../context'
import { sessionsOf } from '../sessions/object-stub'
import { passkeys } from '../tables/passkeys'
import { type PasskeyView, toPasskeyView } from './passkey-view'

/**
 * A user's passkeys, the oldest first. Leaves out those that the user's object knows as removed: after a
 * restore of D1 their rows are there again.
 */
export async function listPasskeys(
  deps: Deps,
  { userId, subject }: { readonly userId: number; readonly subject: string },
): Promise<PasskeyView[]> {
  const [rows, uses] = await Promise.all([
    deps.db
      .select({
        id: passkeys.id,
        name: passkeys.name,
        aaguid: passkeys.aaguid,
        isBackupEligible: passkeys.isBackupEligible,
        isBackedUp: passkeys.isBackedUp,
        createdAt: passkeys.createdAt,
      })
      .from(passkeys)
      .where(eq(passkeys.userId, userId))
      .orderBy(asc(passkeys.createdAt), asc(passkeys.id)),
    sessionsOf(deps, subject).passkeyUses(),
  ])
  const byId = new Map(uses.map((use) => [use.id, use]))
  return rows
    .filter(({ id }) => byId.get(id)?.isRemoved !== true)
    .map((row) => toPasskeyView(row, byId.get(row.id)))
}
