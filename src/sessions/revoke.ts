/**
 * Sessions ended by others than their owner: what must end is stored with the change that says so. It
 * ends what was opened up to the change and nothing later, however late or often it is performed.
 */
import { type Deps, deviceOf, NO_CLIENT } from '../context'
import type { Change } from '../db/commit'
import { commitAndPerform, sessionsOf } from './authority'

interface Revoked {
  /** The hash of its id; null: all of them. */
  readonly session: string | null
  /** When, in milliseconds. */
  readonly until: number
}

/**
 * Commits a change and ends one session of a user, named by the hash of its id, or all of them when
 * that is null. Throws `effect_pending`.
 */
export const commitAndRevoke = (
  deps: Deps,
  subject: string,
  session: string | null,
  change: Change,
): Promise<boolean> =>
  commitAndPerform(
    deps,
    change,
    { kind: 'end-sessions', subject, payload: { session, until: deps.now } },
    // Whatever was opened before this call, so that nothing which stood at the answer passes.
    () => endRevoked(deps, subject, { session, until: Date.now() }),
  )

/** Ends what was revoked: late, repeated, or of somebody erased, it ends nothing more. */
export async function endRevoked(deps: Deps, subject: string, { session, until }: Revoked) {
  const object = sessionsOf(deps, subject)
  // The object's own event is the user's to read: from where somebody else acted is not in it.
  const nowhere = deviceOf({ client: NO_CLIENT })
  // One that has ended since is as gone as was asked for.
  if (session === null) await object.endSessions(null, 'revoked_by_admin', nowhere, until)
  else await object.endSession(session, 'revoked_by_admin', nowhere)
}
