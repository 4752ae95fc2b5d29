import { eq } from 'drizzle-orm'
import { blankErased } from '../audit/blank'
import { type Deps, NO_CLIENT } from '../context'
import { commit } from '../commit/commit'
import { outbox } from '../tables/outbox'
import { users } from '../tables/users'
import { forgetAddress } from '../users/forget-address'
import { findToken, isUsable } from '../one-time-tokens/one-time-token'
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
    preconditions: [isUsable(deps, 'decline_registration', found.hash), isStillPending(id)],
    change: [
      deps.db.delete(users).where(eq(users.id, id)),
      deps.db.delete(outbox).where(eq(outbox.subject, subject)),
      ...blankErased(id),
      ...forgetting.change,
    ],
    audit: [{ event: 'user.registration_declined', actor: null, target: id, data: {} }],
    // Staff may have changed the account, so the user's object may know it: it learns that the user is gone.
    outbox: [forgetting.outbox, { kind: 'sync-authority', subject, payload: {} }],
  })
}
