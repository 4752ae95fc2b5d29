import type { LiveSession, RequiredAction } from '../context'
import type { AccountState } from './session-types'
import { strengthOf } from './strength'

/** The parts of the account state that decide on a required action. */
export type RelevantState = Pick<AccountState, 'passwordExpiresAt' | 'roleIds'>

/**
 * The action that is required before a session may do anything else, or null. An expired password does not
 * restrict a session that was opened without it. `isTwoFactorDemanded`: by one of the user's roles.
 */
export function requiredActionFor(
  { passwordExpiresAt }: Pick<AccountState, 'passwordExpiresAt'>,
  session: Pick<LiveSession, 'amr'>,
  now: number,
  isTwoFactorDemanded: boolean,
): RequiredAction | null {
  const isExpired = passwordExpiresAt !== null && passwordExpiresAt <= now
  if (isExpired && session.amr.includes('pwd')) return 'password_expired'
  return isTwoFactorDemanded && strengthOf(session) < 2 ? 'two_factor_required' : null
}
