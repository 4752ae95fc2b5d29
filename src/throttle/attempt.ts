import type { Deps } from '../context'
import { DomainError } from '../errors'
import type { Outcome } from './policy'
import { type Reservation, settle, type Ticket } from './reserve'

/** From this wait on the answer mentions resetting the password. It is the same for every address. */
const LONG_LOCK_SECONDS = 3600

/** Whether the wait is so long that resetting the password by mail, which lifts the lock, is quicker. */
export const isLongLock = ({ code, retryAfter = 0 }: DomainError): boolean =>
  code === 'too_many_attempts' && retryAfter >= LONG_LOCK_SECONDS

const refusal = (retryAfter: number): DomainError =>
  new DomainError('too_many_attempts', {
    retryAfter,
    ...(retryAfter >= LONG_LOCK_SECONDS && {
      detail: 'Too many attempts. Try again later, or reset the password by email to sign in now',
    }),
  })

/** Throws `too_many_attempts` if the attempt was refused. */
export async function granted(reserving: Promise<Reservation>): Promise<void> {
  const reservation = await reserving
  if (!reservation.allowed) throw refusal(reservation.retryAfter)
}

/**
 * Compares a password within its budget. The attempt is counted before the comparison. It is taken back
 * for a right password, and when the comparison failed for a fault of ours. Returns what `compare`
 * found, undefined for a wrong password. `outcomeOf` maps what was found to an outcome. Throws
 * `too_many_attempts`.
 */
export async function attempt<T>(
  deps: Pick<Deps, 'env' | 'config' | 'client'>,
  reserving: Promise<Reservation>,
  compare: () => Promise<T | undefined>,
  outcomeOf: (found: T) => Outcome = () => 'right',
): Promise<T | undefined> {
  const reservation = await reserving
  if (!reservation.allowed) throw refusal(reservation.retryAfter)
  const { ticket } = reservation
  let found: T | undefined
  try {
    found = await compare()
  } catch (error) {
    // If this fails too, one attempt too many stays counted, which errs on the strict side.
    await settle(deps, ticket, 'void').catch(() => undefined)
    throw error
  }
  if (found !== undefined) await settle(deps, ticket, outcomeOf(found))
  return found
}

/**
 * Does the work that an attempt was counted for. If nothing was done (the work returned `false` or
 * threw), the attempt is taken back. After `effect_pending` the change is saved, so the attempt stays
 * counted.
 */
export async function usingPlace(
  deps: Pick<Deps, 'env' | 'config' | 'client'>,
  ticket: Ticket,
  work: () => Promise<boolean>,
): Promise<boolean> {
  // If this fails, one attempt too many stays counted, which errs on the strict side.
  const giveBack = () => settle(deps, ticket, 'void').catch(() => undefined)
  try {
    const isDone = await work()
    if (!isDone) await giveBack()
    return isDone
  } catch (error) {
    const isSaved = error instanceof DomainError && error.code === 'effect_pending'
    if (!isSaved) await giveBack()
    throw error
  }
}
