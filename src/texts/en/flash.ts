/** What is said once, on the page after the one that did it. A function takes the detail that goes with it. */
export const flash = {
  signed_out: 'You are signed out.',
  session_ended: 'Please sign in to go on.',
  email_verified: 'Your email address is confirmed. You can sign in now.',
  mail_sent: 'If the address fits, a mail is on its way.',
  password_reset: 'Your password is changed. Sign in with the new one.',
  password_changed:
    'Your password is changed and every session has ended. Sign in with the new one.',
  email_change_requested:
    'A mail is on its way to the new address. Open its link to finish the change.',
  email_changed: 'Your email address is changed.',
  email_change_declined: 'The request is removed. The account keeps its address.',
  email_change_undone:
    'Your old address is back. We have mailed you a link to choose a new password.',
  invitation_accepted: 'Welcome! Sign in with your new password.',
  registration_declined: 'The account has been removed.',
  profile_saved: 'Your profile is saved.',
  session_revoked: 'The session has ended.',
  sessions_revoked: 'All other sessions have ended.',
  api_key_revoked: 'The API key is revoked.',
  sessions_and_keys_revoked: 'All other sessions have ended, and your API keys are revoked.',
  two_factor_off: 'Two-factor sign-in is off.',
  account_deleted: 'Your account has been deleted. Goodbye!',
  admin_created: 'The first administrator is ready. Sign in to begin.',
  start_again: 'The sign-in took too long. Please start again.',
}
