import { type AndKeys, revokeKeys, WITHOUT_KEYS } from '../api-keys/revoke-api-key'
import type { Deps } from '../context'
import { revokePending } from '../credentials/new-password'
import { isThere } from '../rbac/conditions'
import { commitAndRevoke } from '../sessions/revoke-session'
import { findTarget } from '../users/find-target'

/**
 * Revokes every session of a user, everything pending under their credentials and, if asked to, their
 * API keys, for an application with a service binding. The binding is its authorization, so no user
 * outranks it. Throws `not_found`, `effect_pending`.
 */
export async function revokeForApp(
  deps: Deps,
  app: string,
  userId: number,
  andKeys: AndKeys = WITHOUT_KEYS,
): Promise<void> {
  const target = await findTarget(deps, userId)
  const revokedKeys = revokeKeys(deps, andKeys, { actor: null, target })
  await commitAndRevoke(deps, target.subject, null, {
    preconditions: [isThere(target)],
    change: [revokePending(deps, userId)],
    after: revokedKeys.after,
    audit: [
      { event: 'app.sessions_revoked', actor: null, target: userId, data: { app } },
      ...revokedKeys.audit,
    ],
  })
}
