import { commit } from '../../commit/commit'
import type { Deps, Principal } from '../../context'
import { DomainError } from '../../errors'
import type { Proved } from '../../users/proved'
import { isOn } from '../totp/disable'
import { newRecoveryCodes } from './recovery-codes'

/**
 * Replaces the recovery codes. The old set stops working. Throws `two_factor_not_on`, and what `stepUp`
 * (step-up/reauthenticate.ts) throws.
 */
export async function renewRecoveryCodes(
  deps: Deps,
  principal: Principal,
  stepUp: () => Promise<Proved>,
): Promise<string[]> {
  const { account, unchanged } = await stepUp()
  if (!account.accountState.isSecondFactorEnabled) throw new DomainError('two_factor_not_on')
  const { id } = account.user
  const { codes, statements } = await newRecoveryCodes(deps, { id, subject: principal.subject })
  await commit(deps, {
    preconditions: [isOn(id), unchanged],
    change: statements,
    audit: [{ event: 'two_factor.recovery_codes_renewed', actor: id, target: id, data: {} }],
  })
  return codes
}
