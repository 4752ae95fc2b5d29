import { eq, sql } from 'drizzle-orm'
import type { Deps, Principal } from '../../context'
import { credentialsChanged } from '../../credentials/new-password'
import { sessionHash } from '../../crypto/session-hash'
import type { Statement } from '../../db/batch'
import { DomainError } from '../../errors'
import { notification } from '../../mail/messages'
import { commitAndSync } from '../../sessions/account-state'
import { users } from '../../tables/users'
import type { Proved } from '../../users/proved'
import { dropUselessCodes } from '../recovery-codes/recovery-codes'

/**
 * Turns off the second factor, and ends every other session. Throws `two_factor_not_on`, and what
 * `stepUp` (step-up/reauthenticate.ts) throws.
 */
export async function disableSecondFactor(
  deps: Deps,
  principal: Principal,
  stepUp: () => Promise<Proved>,
): Promise<void> {
  const { account, unchanged, factor } = await stepUp()
  if (!account.accountState.isSecondFactorEnabled) throw new DomainError('two_factor_not_on')
  const { id } = account.user
  const credentialVersion = account.accountState.credentialVersion + 1
  await commitAndSync(
    deps,
    principal.subject,
    {
      preconditions: [isOn(id), unchanged],
      change: removeFactor(deps, id),
      audit: [{ event: 'two_factor.disabled', actor: id, target: id, data: { method: factor } }],
      outbox: notification(deps, principal.subject, 'two-factor-off'),
    },
    { session: sessionHash(principal.sid), credentialVersion },
  )
}

/**
 * Removes the second factor, and the recovery codes unless the user has passkeys. Revokes every session except one that the caller
 * names to `commitAndSync`.
 */
export const removeFactor = (deps: Deps, userId: number): Statement[] => [
  deps.db
    .update(users)
    .set({
      ...credentialsChanged(deps),
      totpSecret: null,
      secondFactorEnabledAt: null,
    })
    .where(eq(users.id, userId)),
  dropUselessCodes(userId),
]

/** Checked inside the batch, because a concurrent request may turn it off. */
const isOn = (userId: number) => ({
  name: 'two_factor_on',
  holds: sql`EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${userId} AND ${users.secondFactorEnabledAt} IS NOT NULL)`,
  otherwise: 'two_factor_not_on' as const,
})
