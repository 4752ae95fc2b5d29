import type { Deps } from '../context'
import { DomainError } from '../errors'
import type { StaffMailPurpose } from '../throttle/budgets'
import { reserveStaffMail, settle } from '../throttle/reserve'

/**
 * Does something that mails an address, within what staff may have sent to it for the purpose; a failure
 * takes no place. Throws `too_many_attempts`, and what the work throws.
 */
export async function withinStaffMails<T>(
  deps: Deps,
  emailKey: string,
  purpose: StaffMailPurpose,
  work: () => Promise<T>,
): Promise<T> {
  const reservation = await reserveStaffMail(deps, emailKey, purpose)
  if (!reservation.allowed) {
    const detail = 'This address has got too many mails of this kind in the last hour'
    throw new DomainError('too_many_attempts', { retryAfter: reservation.retryAfter, detail })
  }
  try {
    return await work()
  } catch (error) {
    // If this fails as well, one place too many is taken: the strict side.
    await settle(deps, reservation.ticket, 'void').catch(() => undefined)
    throw error
  }
}
