import type { EventMessage } from '../events'
import type { NotificationName } from '../notifications'

/** Returns the notification that the user gets about an event, if there is one. */
export function notificationFor(event: EventMessage): NotificationName | undefined {
  switch (event.event) {
    case 'auth.signed_in':
      return event.data.new_device ? 'new-device' : undefined
    case 'auth.second_factor_failed':
      return event.data.first ? 'wrong-second-factor' : undefined
    case 'auth.password_blocked':
      return 'password-blocked'
    case 'auth.refresh_reused':
      return 'refresh-reused'
    case 'auth.passkey_copied':
      return 'passkey-copied'
    case 'auth.device_trusted':
      return 'browser-trusted'
    case 'auth.device_trust_ended':
      return event.data.reason === 'reused' ? 'browser-trust-reused' : undefined
    default:
      return undefined
  }
}
