import { and, eq } from 'drizzle-orm'
import { commit } from '../commit/commit'
import type { Deps, Principal } from '../context'
import { passkeys } from '../tables/passkeys'
import { hasPasskey } from './forget'

/** Renames one of the user's passkeys. Throws `not_found`. */
export async function renamePasskey(
  deps: Deps,
  { userId }: Principal,
  id: string,
  name: string,
): Promise<void> {
  await commit(deps, {
    preconditions: [hasPasskey(userId, id)],
    change: [
      deps.db
        .update(passkeys)
        .set({ name })
        .where(and(eq(passkeys.userId, userId), eq(passkeys.id, id))),
    ],
    audit: [{ event: 'passkey.renamed', actor: userId, target: userId, data: { passkey_id: id } }],
  })
}
