import { commit } from '../../commit/commit'
import type { Deps, Principal } from '../../context'
import { sameCredentials } from '../../credentials/new-password'
import { verifyCurrentPassword } from '../../credentials/verify-current-password'
import { DomainError } from '../../errors'
import { isOn } from '../totp/disable'
import { verifyFactor } from '../verify-factor'
import { newRecoveryCodes } from './recovery-codes'

/**
 * Replaces the recovery codes after checking the password and a code. The old set stops working.
 * Throws `incorrect_password`, `two_factor_not_on`, `invalid_2fa_code`, `too_many_attempts`.
 */
export async function renewRecoveryCodes(
  deps: Deps,
  principal: Principal,
  password: string,
  code: string,
): Promise<string[]> {
  const account = await verifyCurrentPassword(deps, principal, password)
  if (!account.accountState.isSecondFactorEnabled) throw new DomainError('two_factor_not_on')
  await verifyFactor(deps, account, { code })
  const { id } = account.user
  const { codes, statements } = await newRecoveryCodes(deps, { id, subject: principal.subject })
  await commit(deps, {
    preconditions: [isOn(id), sameCredentials(account)],
    change: statements,
    audit: [{ event: 'two_factor.recovery_codes_renewed', actor: id, target: id, data: {} }],
  })
  return codes
}
