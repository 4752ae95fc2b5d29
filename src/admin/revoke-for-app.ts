import { type Deps, deviceOf, NO_CLIENT } from '../context'
import { commit } from '../db/commit'
import { isThere } from '../rbac/conditions'
import { sessionsOf } from '../sessions/authority'
import { findTarget } from '../users/find-target'

/**
 * Ends every session of a user for an application that is bound to the service: that it is bound is its
 * authority, and nobody outranks it. Throws `not_found`.
 */
export async function revokeForApp(deps: Deps, app: string, userId: number): Promise<void> {
  const target = await findTarget(deps, userId)
  await commit(deps, {
    preconditions: [isThere(target)],
    change: [],
    audit: [{ event: 'app.sessions_revoked', actor: null, target: userId, data: { app } }],
  })
  const object = sessionsOf(deps, target.subject)
  await object.endSessions(null, 'revoked_by_admin', deviceOf({ client: NO_CLIENT }))
}
