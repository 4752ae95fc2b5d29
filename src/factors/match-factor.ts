import type { Deps } from '../context'
import { type Aad, decrypt } from '../crypto/encrypt'
import { log } from '../log'
import { aadOf } from '../tables/encrypted-column'
import { TOTP_SECRET } from '../tables/users'
import type { Account } from '../users/account'
import { findRecoveryCode, type SpentCode } from './recovery-codes/recovery-codes'
import { matchStep } from './totp/totp'

/** What a caller presents: a time-based code or a recovery code. */
export interface PresentedFactor {
  readonly code?: string | undefined
  readonly recoveryCode?: string | undefined
}

export type MatchedFactor =
  | { readonly method: 'totp'; readonly step: number }
  | { readonly method: 'recovery_code'; readonly step: null; readonly spent: SpentCode }

/**
 * Compares a presented factor with the account's; undefined if it is wrong. A match uses nothing
 * up: the user's object uses up a time step, and a batch uses up a recovery code.
 */
export async function matchFactor(
  deps: Deps,
  account: Account,
  presented: PresentedFactor,
): Promise<MatchedFactor | undefined> {
  const { totpSecret } = account
  if (presented.recoveryCode !== undefined) {
    const spent = await findRecoveryCode(deps, account, presented.recoveryCode)
    return spent && { method: 'recovery_code', step: null, spent }
  }
  if (presented.code === undefined || totpSecret === null) return undefined
  const secret = await openSecret(
    deps,
    aadOf(TOTP_SECRET, account.accountState.subject),
    totpSecret,
  )
  const step = secret === undefined ? null : matchStep(secret, presented.code, deps.now)
  return step === null ? undefined : { method: 'totp', step }
}

/**
 * The decrypted secret. Undefined, with an error in the log, if it cannot be decrypted because its
 * key was dropped or it was encrypted for another row. Then only recovery codes work.
 */
export async function openSecret(
  deps: Deps,
  aad: Aad,
  locked: string,
): Promise<string | undefined> {
  try {
    return await decrypt(deps.config.DATA_KEYS, aad, locked)
  } catch {
    log.error('two_factor_secret_unreadable', deps)
    return undefined
  }
}
