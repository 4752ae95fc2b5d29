import type { Account } from '../users/account'

/** The strongest first: a passkey works on this site only, a code can be typed into a fake one. */
export const SECOND_STEP_METHODS = ['passkey', 'code', 'recovery_code'] as const
export type SecondStepMethod = (typeof SECOND_STEP_METHODS)[number]

/** Recovery codes come with the first factor of any kind. Whether any are left is not said. */
export function secondStepMethods({ accountState }: Account): SecondStepMethod[] {
  const has: Record<SecondStepMethod, boolean> = {
    passkey: accountState.passkeys.length > 0,
    code: accountState.isSecondFactorEnabled,
    recovery_code: true,
  }
  return SECOND_STEP_METHODS.filter((method) => has[method])
}
