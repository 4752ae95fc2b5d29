/**
 * Sessions ended by a change in D1: what must end is stored with the change that says so. It ends what
 * was opened up to the change and nothing later, however late or often it is performed.
 */
import { type Deps, deviceOf, NO_CLIENT } from '../context'
import type { Change } from '../commit/commit'
import { commitAndPerform, syncAuthority } from './account-state'
import { sessionsOf } from './object-stub'
import type { KeptSession } from './session-types'

interface Revoked {
  /** The hash of its id; null: all of them, but the one that is kept. */
  readonly session: string | null
  /** When, in milliseconds. */
  readonly until: number
  /** The user's own session, when it was the user who ended all others. */
  readonly keep?: KeptSession | undefined
}

/**
 * Commits a change and ends one session of a user, named by the hash of its id, or all of them when
 * that is null: then the change must end what was begun under the user's credentials too
 * (credentials/new-password.ts). Throws `effect_pending`.
 */
export const commitAndRevoke = (
  deps: Deps,
  subject: string,
  session: string | null,
  change: Change,
  keep?: KeptSession,
): Promise<boolean> =>
  commitAndPerform(
    deps,
    change,
    { kind: 'end-sessions', subject, payload: { session, until: deps.now, keep } },
    // Whatever was opened before this call, so that no session of the time before passes.
    () => endRevoked(deps, subject, { session, until: Date.now(), keep }),
  )

/** Ends what was revoked: late, repeated, or of a user erased meanwhile, it ends nothing more. */
export async function endRevoked(deps: Deps, subject: string, { session, until, keep }: Revoked) {
  const object = sessionsOf(deps, subject)
  // The object's own event is the user's to read: it does not say from where somebody else acted.
  const by = keep
    ? ({ reason: 'revoked', device: deviceOf(deps) } as const)
    : ({ reason: 'revoked_by_admin', device: deviceOf({ client: NO_CLIENT }) } as const)
  // One that has ended since is what was asked for.
  if (session !== null) return void (await object.endSession(session, by.reason, by.device))
  const challengeMs = deps.config.CHALLENGE_TTL_SECONDS * 1000
  await object.endSessions(keep?.session ?? null, by.reason, by.device, until, challengeMs)
  // Challenges, and sessions that a sign-in from before has opened since, end with the old version.
  await syncAuthority(deps, subject)
}
