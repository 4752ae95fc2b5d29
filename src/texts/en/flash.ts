/** Messages shown once, on the page after the action. A function takes the detail that the message contains. */
export const flash = {
  signed_out: 'You’ve been signed out.',
  session_ended: 'Please sign in to continue.',
  email_verified: 'Your email address has been confirmed. You can now sign in.',
  mail_sent: 'If this address still needs to be confirmed, we’ve sent it a new link.',
  password_reset: 'Your password has been changed. Sign in with your new password.',
  password_reset_signed_in: 'Your password has been changed, and you’re signed in.',
  password_changed:
    'Your password has been changed and all sessions have ended. Sign in with your new password.',
  email_change_requested:
    'We’ve sent a link to your new email address. Open it to finish the change.',
  email_changed: 'Your email address has been changed.',
  email_change_declined: 'The request has been declined. The account keeps its current address.',
  email_change_undone:
    'Your previous email address has been restored. We’ve sent you a link to choose a new password.',
  invitation_accepted: 'Welcome! Sign in with your new password.',
  registration_declined: 'The account has been deleted.',
  profile_saved: 'Your profile has been saved.',
  session_revoked: 'The session has ended.',
  sessions_revoked: 'All other sessions have ended.',
  browser_renamed: 'The browser has been renamed.',
  browser_trust_ended: 'The browser is no longer trusted.',
  all_trust_ended: 'No browser is trusted any more.',
  app_disconnected: 'The app has been disconnected.',
  sign_in_method_undone:
    'The way to sign in has been removed and all sessions have ended. If you didn’t add it, change your password.',
  api_key_revoked: 'The API key has been revoked.',
  sessions_and_keys_revoked: 'All other sessions have ended and your API keys have been revoked.',
  two_factor_off: 'Two-factor authentication is off.',
  passkey_added: 'Your passkey has been added.',
  passkey_renamed: 'The passkey has been renamed.',
  passkey_removed: 'The passkey has been removed. Also delete it on your device.',
  account_deleted: 'Your account has been deleted.',
  admin_created: 'The first administrator has been created. Sign in to continue.',
  start_again: 'Your sign-in timed out. Please start again.',
}
