import type { Deps } from '../context'
import { DomainError } from '../errors'
import { usingPlace } from './attempt'
import type { StaffMailPurpose } from './budgets'
import { reserveStaffMail } from './reserve'

/**
 * Commits something that mails an address, within what staff may have sent to it for the purpose. What
 * changes nothing takes no place. Throws `too_many_attempts`, and what the work throws.
 */
export async function withinStaffMails(
  deps: Deps,
  emailKey: string,
  purpose: StaffMailPurpose,
  work: () => Promise<boolean>,
): Promise<boolean> {
  const reservation = await reserveStaffMail(deps, emailKey, purpose)
  if (!reservation.allowed) {
    const detail = 'This address has got too many mails of this kind in the last hour'
    throw new DomainError('too_many_attempts', { retryAfter: reservation.retryAfter, detail })
  }
  return usingPlace(deps, reservation.ticket, work)
}
