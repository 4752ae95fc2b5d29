/**
 * Revocations that are committed with a change in D1. The outbox row of the change says what to revoke,
 * and the outbox repeats it until the object has done so. However late or often that happens, it revokes
 * only sessions that were opened before the change.
 */
import type { Change } from '../commit/commit'
import { type Deps, deviceOf, NO_CLIENT } from '../context'
import { commitAndPerform, syncAccountState } from './account-state'
import { sessionsOf } from './object-stub'
import type { KeptSession } from './session-types'

interface Revocation {
  /** The hash of the session's id; null for all sessions except `keep`. */
  readonly session: string | null
  /** The instant of the revocation, in milliseconds. */
  readonly until: number
  /** The user's own session, when users revoke all their other sessions. */
  readonly keep?: KeptSession | undefined
}

/**
 * Commits a change and revokes one session of a user, named by the hash of its id, or all sessions if that
 * is null. For all sessions, the change must also revoke what is pending under the user's credentials
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
    // Not `deps.now`: sessions that were opened while the change was committed must be revoked too.
    () => applyRevocation(deps, subject, { session, until: Date.now(), keep }),
  )

/** Revokes what a revocation names. May be repeated, and does nothing if the user has been erased. */
export async function applyRevocation(
  deps: Deps,
  subject: string,
  { session, until, keep }: Revocation,
) {
  const object = sessionsOf(deps, subject)
  // Users can read this event, so it must not contain the IP address of an admin who revoked.
  const by = keep
    ? ({ reason: 'revoked', device: deviceOf(deps) } as const)
    : ({ reason: 'revoked_by_admin', device: deviceOf({ client: NO_CLIENT }) } as const)
  // No error if the session is no longer live.
  if (session !== null) return void (await object.revokeSession(session, by.reason, by.device))
  const challengeMs = deps.config.CHALLENGE_TTL_SECONDS * 1000
  await object.revokeSessions(keep?.session ?? null, by.reason, by.device, until, challengeMs)
  // Drops challenges, and revokes sessions opened since by sign-ins under the old credentials.
  await syncAccountState(deps, subject)
}
