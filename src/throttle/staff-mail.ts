import type { Deps } from '../context'
import { DomainError } from '../errors'
import { usingPlace } from './attempt'
import type { StaffMailPurpose } from './budgets'
import { reserveStaffMail } from './reserve'

/**
 * Runs work that mails an address, within the budget of mails that staff may send there for the
 * purpose. Work that changes nothing is not counted. Throws `too_many_attempts`, and what the work
 * throws.
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
