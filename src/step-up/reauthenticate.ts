import type { Precondition } from '../commit/commit'
import { type Actor, type Deps, isPrincipal } from '../context'
import { sameCredentials } from '../credentials/new-password'
import { verifyCurrentPassword } from '../credentials/verify-current-password'
import { DomainError, type FieldIssue, invalidFields } from '../errors'
import { verifyFactor } from '../factors/verify-factor'

/** What a signed-in caller has to give again. `code` is required if the second factor is on. */
export interface Proof {
  readonly password?: string | undefined
  readonly code?: string | undefined
}

/** The issue for a body without the password. */
export const PASSWORD_MISSING: FieldIssue = {
  path: 'password',
  code: 'required',
  message: 'Your password is required to confirm this action',
}

/**
 * Checks password and code before anything is created that outlives the session, because the
 * session may be stolen (OWASP ASVS 5.0, 7.5: full re-authentication before sensitive changes).
 * Returns the precondition that the credentials are still the same, for the batch. Throws
 * `incorrect_password`, `invalid_2fa_code`, `too_many_attempts`, `validation_failed` if one of them
 * is missing, and `forbidden` for an API key, which has neither.
 */
export async function reauthenticate(
  deps: Deps,
  actor: Actor,
  { password, code }: Proof,
): Promise<Precondition> {
  if (!isPrincipal(actor)) {
    throw new DomainError('forbidden', { detail: 'An API key cannot confirm with a password' })
  }
  if (password === undefined) throw invalidFields([PASSWORD_MISSING])
  const account = await verifyCurrentPassword(deps, actor, password)
  if (account.accountState.isSecondFactorEnabled) await verifyFactor(deps, account, { code })
  return sameCredentials(account)
}
