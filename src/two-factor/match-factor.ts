import type { Account } from '../auth/account'
import type { Deps } from '../context'
import { unlock } from '../crypto/secret-box'
import { findRecoveryCode, type SpentCode } from './recovery-codes'
import { matchStep } from './totp'

/** What a caller presents: one of the two. */
export interface PresentedFactor {
  readonly code?: string | undefined
  readonly recoveryCode?: string | undefined
}

export type MatchedFactor =
  | { readonly method: 'totp'; readonly step: number }
  | { readonly method: 'recovery_code'; readonly step: null; readonly spent: SpentCode }

/**
 * What a presented factor is, compared with the account's; undefined when it is wrong. Finding a match
 * uses nothing up: a step is spent by the user's object, a recovery code by its batch.
 */
export async function matchFactor(
  deps: Deps,
  account: Account,
  presented: PresentedFactor,
): Promise<MatchedFactor | undefined> {
  const { twoFactorSecret } = account
  if (twoFactorSecret === null) return undefined
  if (presented.recoveryCode !== undefined) {
    const spent = await findRecoveryCode(deps, account, presented.recoveryCode)
    return spent && { method: 'recovery_code', step: null, spent }
  }
  if (presented.code === undefined) return undefined
  const place = secretPlace(account.authority.subject)
  const secret = await unlock(deps.config.DATA_KEYS, place, twoFactorSecret)
  const step = matchStep(secret, presented.code, deps.now)
  return step === null ? undefined : { method: 'totp', step }
}

/** Where the secrets stand, which is what their encryption is bound to. */
export const secretPlace = (subject: string) => `users.two_factor_secret/${subject}` as const
export const pendingSecretPlace = (subject: string) =>
  `users.two_factor_pending_secret/${subject}` as const
