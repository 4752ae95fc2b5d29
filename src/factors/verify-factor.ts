import type { Deps } from '../context'
import { DomainError, invalidFields } from '../errors'
import { sessionsOf } from '../sessions/object-stub'
import { originOf } from '../throttle/request-origin'
import type { Account } from '../users/account'
import { type MatchedFactor, matchFactor, type PresentedFactor } from './match-factor'

/** From a signed-in caller a wrong code is a bad request (400), not a missing sign-in (401). */
export const wrongCode = () => new DomainError('invalid_2fa_code', { kind: 'malformed' })

/**
 * Verifies a signed-in caller's second factor. The attempt is counted before anything is compared,
 * in the same budget as at sign-in, and a time step is used up. A recovery code is used up by the
 * batch that it authorizes. Throws `invalid_2fa_code`, `too_many_attempts`, and `validation_failed`
 * if neither is given.
 */
export async function verifyFactor(
  deps: Deps,
  account: Account,
  presented: PresentedFactor,
): Promise<MatchedFactor> {
  if (presented.code === undefined && presented.recoveryCode === undefined) {
    const message = 'The second factor is on: give its code'
    throw invalidFields([{ path: 'code', code: 'required', message }])
  }
  return withinBudget(deps, account, () => matchFactor(deps, account, presented))
}

/**
 * Counts the attempt, compares, and has the user's object accept the match. Throws
 * `invalid_2fa_code` and `too_many_attempts`.
 */
export async function withinBudget<M extends { step: number | null }>(
  deps: Deps,
  account: Account,
  match: () => Promise<M | undefined>,
): Promise<M> {
  const from = await countFactor(deps, account)
  const matched = await match()
  if (!matched) throw wrongCode()
  const { subject } = account.accountState
  const isAccepted = await sessionsOf(deps, subject).acceptFactor(matched.step, from)
  if (!isAccepted) throw wrongCode()
  return matched
}

/** Counts an attempt. Returns where it came from, to settle it when it was right. Throws `too_many_attempts`. */
export async function countFactor(
  deps: Deps,
  { accountState: { subject } }: Account,
): Promise<string> {
  const from = await originOf(deps, subject)
  const retryAfter = await sessionsOf(deps, subject).tryFactor(from)
  if (retryAfter > 0) throw new DomainError('too_many_attempts', { retryAfter })
  return from
}
