/** The log of back-channel logout in the console, in English. */
import type { AppSignOutReason } from '../../events'

export const logouts = {
  title: 'Logout deliveries',
  back: 'Back to the app',
  lead: 'Sent to the app when one of its sessions ends. Kept for 30 days.',
  session: 'Session',
  ended: 'Ended',
  state: 'Status',
  attempts: 'Attempts',
  next: 'Next attempt',
  answer: 'Answer',
  retry: 'Retry',
  noneTitle: 'Nothing has been sent yet',
  none: 'An app needs a back-channel logout URI to be notified when a session ends.',
  retryLabel: (session: string) => `Retry: session ${session}`,
  states: { pending: 'Pending', delivered: 'Delivered', dead: 'Failed' },
  reasons: {
    signed_out: 'Signed out',
    revoked: 'Ended from another session',
    revoked_by_admin: 'Ended by an administrator',
    credentials_changed: 'Password or other credentials changed, or account deactivated',
    refresh_reused: 'Refresh token used twice',
    too_many_sessions: 'Too many sessions',
    disconnected: 'App disconnected',
    revoked_by_app: 'Ended by the app',
    code_replayed: 'Code used twice',
    too_many_app_sessions: 'Too many sessions in this app',
    expired: 'Expired',
    erased: 'Account deleted',
  } satisfies Record<AppSignOutReason, string>,
}
