import { endBegun } from '../auth/new-password'
import type { Deps } from '../context'
import { isThere } from '../rbac/conditions'
import { commitAndRevoke } from '../sessions/revoke'
import { findTarget } from '../users/find-target'

/**
 * Ends every session of a user, and what was begun under their credentials, for an application that is bound to the service: that it is bound is its
 * authority, and nobody outranks it. Throws `not_found`, `effect_pending`.
 */
export async function revokeForApp(deps: Deps, app: string, userId: number): Promise<void> {
  const target = await findTarget(deps, userId)
  await commitAndRevoke(deps, target.subject, null, {
    preconditions: [isThere(target)],
    change: [endBegun(deps, userId)],
    audit: [{ event: 'app.sessions_revoked', actor: null, target: userId, data: { app } }],
  })
}
