import type { Deps } from '../context'
import { DomainError } from '../errors'
import type { Outcome } from './policy'
import { type Reservation, settle } from './reserve'

/**
 * Compares a secret within its budget: the place is taken before, given back for a right answer, and
 * given back too when a fault of ours kept us from deciding. Returns what `compare` found, undefined
 * being wrong; `outcomeOf` says what that is worth. Throws `too_many_attempts`.
 */
export async function attempt<T>(
  deps: Pick<Deps, 'env' | 'config' | 'client'>,
  reserving: Promise<Reservation>,
  compare: () => Promise<T | undefined>,
  outcomeOf: (found: T) => Outcome = () => 'right',
): Promise<T | undefined> {
  const reservation = await reserving
  if (!reservation.allowed) {
    throw new DomainError('too_many_attempts', { retryAfter: reservation.retryAfter })
  }
  const { ticket } = reservation
  let found: T | undefined
  try {
    found = await compare()
  } catch (error) {
    // If this fails as well, one place too many is taken: the strict side.
    await settle(deps, ticket, 'void').catch(() => undefined)
    throw error
  }
  if (found !== undefined) await settle(deps, ticket, outcomeOf(found))
  return found
}
