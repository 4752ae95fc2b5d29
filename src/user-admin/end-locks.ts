import type { Deps } from '../context'
import { sessionsOf } from '../sessions/object-stub'
import { type Counted, unlock } from '../throttle/unlock'

/** Ends the locks on somebody's sign-ins and second factors. May be repeated, forgiving what failed since. */
export async function endLocks(deps: Deps, who: Counted): Promise<void> {
  await Promise.all([unlock(deps, who), sessionsOf(deps, who.subject).unlockFactors()])
}
