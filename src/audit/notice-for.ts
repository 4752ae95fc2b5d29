import type { Notice } from '../config'
import type { EventMessage } from '../events'

/** The mail that tells the user of a fact, if there is one. */
export function noticeFor(event: EventMessage): Notice | undefined {
  switch (event.event) {
    case 'auth.signed_in':
      return event.data.new_device ? 'new-device' : undefined
    case 'auth.second_factor_failed':
      return event.data.first ? 'wrong-second-factor' : undefined
    case 'auth.password_blocked':
      return 'password-blocked'
    case 'auth.refresh_reused':
      return 'refresh-reused'
    default:
      return undefined
  }
}
