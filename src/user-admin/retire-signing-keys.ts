import { commit } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { runJob } from '../jobs/run-job'
import { revokeFirstPending } from '../one-time-tokens/revoke-pending'
import { hasPermissionNow } from '../rbac/conditions'
import { forgetKeys, replaceSigningKeys } from '../sessions/tokens/signing-keys'
import { beginRevokingSessions, revokeAllSessions, revokeSessionsJob } from './revoke-all-sessions'

/** How much the request does itself. The cron job does the rest. */
const FIRST_STEPS = { size: 1_000, most: 5 }

/**
 * Response to a leak: replaces all signing keys and revokes every session opened before, including the
 * caller's, with everything pending under any user's credentials. Tokens signed with the old keys
 * are refused at once wherever keys are read from D1, and within five minutes by isolates that
 * cache them. By then none of the sessions they name is live. Throws `forbidden`.
 */
export async function retireSigningKeys(deps: Deps, actor: Actor): Promise<void> {
  const { kid, statements } = await replaceSigningKeys(deps)
  await commit(deps, {
    preconditions: [hasPermissionNow(actor, 'admin:system')],
    change: [...statements, ...revokeFirstPending(deps, deps.now), beginRevokingSessions(deps)],
    audit: [
      {
        event: 'admin.signing_keys_retired',
        actor: { subject: actor.subject },
        target: null,
        data: { signing_key: kid },
      },
    ],
  })
  forgetKeys(deps)
  const begin = { ...revokeSessionsJob, run: (now: Deps) => revokeAllSessions(now, FIRST_STEPS) }
  deps.waitUntil(runJob(deps, begin))
}
