import { eq } from 'drizzle-orm'
import { blankErased } from '../audit/blank'
import { type Deps, NO_CLIENT } from '../context'
import { commit } from '../db/commit'
import { outbox } from '../outbox/schema'
import { users } from '../users/schema'
import { forgetAddress } from './forget-address'
import { findToken, isUsable } from './one-time-token'
import { isStillPending } from './verify-email'

/**
 * "This was not me": deletes the pending account that somebody made with this address, and with it
 * everything that hangs on it; the log keeps that it happened, not from where. Throws `invalid_token`.
 */
export async function declineRegistration(deps: Deps, token: string): Promise<void> {
  const found = await findToken(deps, 'decline_registration', token)
  const { userId: id, subject, emailKey } = found
  const forgetting = await forgetAddress(deps, { id, subject, emailKey })
  const recorded = { ...deps, client: NO_CLIENT }
  await commit(recorded, {
    preconditions: [
      isUsable(deps, 'decline_registration', found.hash),
      isStillPending(found.userId),
    ],
    change: [
      deps.db.delete(users).where(eq(users.id, found.userId)),
      deps.db.delete(outbox).where(eq(outbox.subject, found.subject)),
      ...blankErased(found.userId),
      ...forgetting.change,
    ],
    audit: [{ event: 'user.registration_declined', actor: null, target: found.userId, data: {} }],
    outbox: [forgetting.outbox],
  })
}
