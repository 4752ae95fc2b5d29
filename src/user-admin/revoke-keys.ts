import { type AndKeys, revokeKeys } from '../api-keys/revoke-api-key'
import { commit } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { canManage } from '../rbac/conditions'
import type { Target } from '../users/find-target'

/**
 * Revokes a user's API keys when the action that should have revoked them found nothing to change,
 * so that a request to revoke them is never ignored. Throws `not_found`, `outranked`, `forbidden`.
 */
export async function revokeKeysAlone(
  deps: Deps,
  actor: Actor,
  target: Target,
  andKeys: AndKeys,
): Promise<void> {
  if (!andKeys.keys) return
  const revokedKeys = revokeKeys(deps, andKeys, { actor: actor.userId, target })
  await commit(deps, { preconditions: canManage(actor, target), change: [], ...revokedKeys })
}
