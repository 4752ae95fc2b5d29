import type { Deps } from '../context'
import { DomainError } from '../errors'
import type { Outcome } from './policy'
import { type Reservation, settle, type Ticket } from './reserve'

/** From this wait on the caller hears of the way around it, the same for every address. */
const LONG_LOCK_SECONDS = 3600

/** Whether a refusal is for so long that resetting the password by mail, which ends it, is quicker. */
export const isLongLock = ({ code, retryAfter = 0 }: DomainError): boolean =>
  code === 'too_many_attempts' && retryAfter >= LONG_LOCK_SECONDS

const refusal = (retryAfter: number): DomainError =>
  new DomainError('too_many_attempts', {
    retryAfter,
    ...(retryAfter >= LONG_LOCK_SECONDS && {
      detail: 'Too many attempts, try again later. Resetting the password by mail ends the wait',
    }),
  })

/** Throws `too_many_attempts` for a place that was refused. */
export async function granted(reserving: Promise<Reservation>): Promise<void> {
  const reservation = await reserving
  if (!reservation.allowed) throw refusal(reservation.retryAfter)
}

/**
 * Compares a password within its budget: the place is taken before, given back for a right answer, and
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
  if (!reservation.allowed) throw refusal(reservation.retryAfter)
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

/**
 * Does what a place was taken for, and gives the place back when nothing was done: the work answered
 * `false`, or threw. After `effect_pending` the change is saved, so the place stays taken.
 */
export async function usingPlace(
  deps: Pick<Deps, 'env' | 'config' | 'client'>,
  ticket: Ticket,
  work: () => Promise<boolean>,
): Promise<boolean> {
  // If this fails, one place too many is taken: the strict side.
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
