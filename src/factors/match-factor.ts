import type { Account } from '../users/account'
import type { Deps } from '../context'
import { type Aad, unlock } from '../crypto/encrypt'
import { aadOf } from '../tables/encrypted-column'
import { TOTP_SECRET } from '../tables/users'
import { findRecoveryCode, type SpentCode } from './recovery-codes/recovery-codes'
import { matchStep } from './totp/totp'
import { log } from '../log'

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
  const secret = await openSecret(
    deps,
    aadOf(TOTP_SECRET, account.authority.subject),
    twoFactorSecret,
  )
  const step = secret === undefined ? null : matchStep(secret, presented.code, deps.now)
  return step === null ? undefined : { method: 'totp', step }
}

/**
 * A secret in clear; undefined, with a fault in the log, when it does not open: its key was dropped,
 * or it was made for another row. Then no code is right, and a recovery code still is.
 */
export async function openSecret(
  deps: Deps,
  aad: Aad,
  locked: string,
): Promise<string | undefined> {
  try {
    return await unlock(deps.config.DATA_KEYS, aad, locked)
  } catch {
    log.error('two_factor_secret_unreadable', deps)
    return undefined
  }
}
