import type { Precondition } from '../commit/commit'
import type { FactorMethod } from '../events'
import type { Account } from './account'

/**
 * What a step-up leaves: the account as it was proved, and the precondition that its credentials are still
 * the same when the batch of the sensitive action runs. Only step-up/reauthenticate.ts makes it.
 */
export interface Proved {
  readonly account: Account
  readonly unchanged: Precondition
  /** What was given with it, besides a password; null if an earlier proof counted. */
  readonly factor: FactorMethod | null
}
