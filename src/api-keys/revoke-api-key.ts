import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Deps, Principal } from '../context'
import type { Statement } from '../db/batch'
import { commit } from '../db/commit'
import { DomainError } from '../errors'
import { stillMay } from '../rbac/conditions'
import { apiKeys } from './schema'

/**
 * Ends a key, whoever made it: no request succeeds on it once this returns. Once more changes nothing.
 * Throws `not_found`, `forbidden`.
 */
export async function revokeApiKey(deps: Deps, actor: Principal, id: string): Promise<void> {
  const [key] = await deps.db
    .select({ makerSubject: apiKeys.makerSubject })
    .from(apiKeys)
    .where(eq(apiKeys.id, id))
  if (!key) throw new DomainError('not_found')
  await commit(deps, {
    preconditions: [
      stillMay(actor, 'admin:system'),
      {
        name: 'not_revoked',
        holds: sql`EXISTS (SELECT 1 FROM api_keys WHERE id = ${id} AND revoked_at IS NULL)`,
        otherwise: 'unchanged',
      },
    ],
    change: [deps.db.update(apiKeys).set({ revokedAt: deps.now }).where(eq(apiKeys.id, id))],
    audit: [
      {
        event: 'api_key.revoked',
        actor: actor.userId,
        target: key.makerSubject === null ? null : { subject: key.makerSubject },
        data: { key_id: id },
      },
    ],
  })
}

/** Ends every key that acts on a user's authority, for when somebody else had his account. */
export const revokeKeysOf = (deps: Deps, subject: string): Statement =>
  deps.db
    .update(apiKeys)
    .set({ revokedAt: deps.now })
    .where(and(eq(apiKeys.makerSubject, subject), isNull(apiKeys.revokedAt)))

/** The same for one who is erased; of him the rows keep a bare id. */
export const forgetMaker = (deps: Deps, subject: string): Statement =>
  deps.db
    .update(apiKeys)
    .set({
      revokedAt: sql`coalesce(${apiKeys.revokedAt}, ${deps.now})`,
      makerSubject: null,
      name: '',
    })
    .where(eq(apiKeys.makerSubject, subject))
