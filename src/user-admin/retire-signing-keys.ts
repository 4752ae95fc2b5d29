import type { Actor, Deps } from '../context'
import { endFirstBegun } from '../one-time-tokens/revoke-pending'
import { commit } from '../commit/commit'
import { runJob } from '../jobs/run-job'
import { stillMay } from '../rbac/conditions'
import { forgetKeys, replaceSigningKeys } from '../sessions/tokens/signing-keys'
import { beginEndingSessions, endAllSessions, endSessionsJob } from './revoke-all-sessions'

/** As far as the request's own invocation goes; the cron goes on. */
const FIRST_STEPS = { size: 1_000, most: 5 }

/**
 * After a leak: every signing key goes and a new one takes their place, and every session that was
 * opened before ends, the caller's too, with what was begun under anybody's credentials. What the
 * retired keys signed is refused at once where keys are read, and within five minutes by isolates that
 * remember them; by then no session they name is live. Throws `forbidden`.
 */
export async function retireSigningKeys(deps: Deps, actor: Actor): Promise<void> {
  const { kid, statements } = await replaceSigningKeys(deps)
  await commit(deps, {
    preconditions: [stillMay(actor, 'admin:system')],
    change: [...statements, ...endFirstBegun(deps, deps.now), beginEndingSessions(deps)],
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
  const begin = { ...endSessionsJob, run: (now: Deps) => endAllSessions(now, FIRST_STEPS) }
  deps.waitUntil(runJob(deps, begin))
}
