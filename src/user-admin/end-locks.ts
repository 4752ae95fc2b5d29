import type { Deps } from '../context'
import { sessionsOf } from '../sessions/object-stub'
import { type Counted, unlock } from '../throttle/unlock'

/**
 * Ends the lockouts on a user's sign-ins and second factor. Each call also clears the failures
 * since the last one.
 */
export async function endLocks(deps: Deps, who: Counted): Promise<void> {
  await Promise.all([unlock(deps, who), sessionsOf(deps, who.subject).unlockFactors()])
}
