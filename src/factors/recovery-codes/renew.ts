import { sql } from 'drizzle-orm'
import { commit, type Precondition } from '../../commit/commit'
import type { Deps, Principal } from '../../context'
import { notification } from '../../mail/messages'
import type { Proved } from '../../users/proved'
import { newRecoveryCodes } from './recovery-codes'

/**
 * Replaces the recovery codes of a user with a second factor or a passkey. The old set stops working,
 * and an email says so.
 * Throws `two_factor_not_on`, and what `stepUp` (step-up/reauthenticate.ts) throws.
 */
export async function renewRecoveryCodes(
  deps: Deps,
  principal: Principal,
  stepUp: () => Promise<Proved>,
): Promise<string[]> {
  const { account, unchanged } = await stepUp()
  const { id } = account.user
  const { codes, statements } = await newRecoveryCodes(deps, { id, subject: principal.subject })
  await commit(deps, {
    preconditions: [hasFactor(id), unchanged],
    change: statements,
    audit: [{ event: 'two_factor.recovery_codes_renewed', actor: id, target: id, data: {} }],
    outbox: notification(deps, principal.subject, 'recovery-codes-renewed'),
  })
  return codes
}

/** Checked inside the batch, because a concurrent request may remove the last one. */
const hasFactor = (userId: number): Precondition => ({
  name: 'factor_there',
  holds: sql`EXISTS (SELECT 1 FROM users WHERE users.id = ${userId} AND users.two_factor_enabled_at IS NOT NULL)
    OR EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = ${userId})`,
  otherwise: 'two_factor_not_on',
})
