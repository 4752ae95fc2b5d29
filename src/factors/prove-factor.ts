import type { Account } from '../users/account'
import type { Deps } from '../context'
import { DomainError, invalidFields } from '../errors'
import { sessionsOf } from '../sessions/object-stub'
import { originOf } from '../throttle/request-origin'
import { type MatchedFactor, matchFactor, type PresentedFactor } from './match-factor'

/** With a signed-in caller a wrong code is a bad request, not a missing sign-in. */
export const wrongCode = () => new DomainError('invalid_2fa_code', { kind: 'malformed' })

/**
 * A signed-in caller's second factor: counted before it is compared, in the same budget as at sign-in,
 * and its step spent. A recovery code is spent by the batch that it is for. Throws
 * `invalid_2fa_code`, `too_many_attempts`, and `validation_failed` when none is given.
 */
export async function proveFactor(
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

/** Counts a try, compares, and has the object accept what matched. */
export async function withinBudget<M extends { step: number | null }>(
  deps: Deps,
  account: Account,
  match: () => Promise<M | undefined>,
): Promise<M> {
  const { subject } = account.authority
  const from = await originOf(deps, subject)
  const retryAfter = await sessionsOf(deps, subject).tryFactor(from)
  if (retryAfter > 0) throw new DomainError('too_many_attempts', { retryAfter })
  const matched = await match()
  if (!matched) throw wrongCode()
  const isAccepted = await sessionsOf(deps, subject).acceptFactor(matched.step, from)
  if (!isAccepted) throw wrongCode()
  return matched
}
