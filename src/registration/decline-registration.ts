import { eq } from 'drizzle-orm'
import { blankErased } from '../audit/blank'
import { commit } from '../commit/commit'
import { type Deps, NO_CLIENT } from '../context'
import { findToken, isUsable } from '../one-time-tokens/one-time-token'
import { outbox } from '../tables/outbox'
import { users } from '../tables/users'
import { forgetAddress } from '../users/forget-address'
import { isStillPending } from './verify-email'

/**
 * "This was not me": deletes the pending account that somebody registered with this address, and
 * everything that belongs to it. The audit log records the event without IP address and device.
 * Throws `invalid_token`.
 */
export async function declineRegistration(deps: Deps, token: string): Promise<void> {
  const found = await findToken(deps, 'decline_registration', token)
  const { userId: id, subject, emailKey } = found
  const forgetting = await forgetAddress(deps, { id, subject, emailKey })
  const recorded = { ...deps, client: NO_CLIENT }
  await commit(recorded, {
    preconditions: [isUsable(deps, 'decline_registration', found.hash), isStillPending(id)],
    change: [
      deps.db.delete(users).where(eq(users.id, id)),
      deps.db.delete(outbox).where(eq(outbox.subject, subject)),
      ...blankErased(id),
      ...forgetting.change,
    ],
    audit: [{ event: 'user.registration_declined', actor: null, target: id, data: {} }],
    // If staff changed the account, the user's object may know it. It then has to learn of the
    // deletion.
    outbox: [forgetting.outbox, { kind: 'sync-authority', subject, payload: {} }],
  })
}
