/** What an admin can do to one user, in English: the button, what it will do, and its confirmation. */
export const actions = {
  activate: {
    label: 'Activate',
    explain:
      'The user can sign in. If their address isn’t confirmed yet, it counts as confirmed, the password stops working and the user gets a link to choose a new one.',
    confirm: 'Activate this account',
  },
  deactivate: {
    label: 'Deactivate',
    explain:
      'All sessions end immediately, emailed links stop working and nobody can sign in to this account.',
    confirm: 'Deactivate this account',
  },
  'resend-verification': {
    label: 'Resend link',
    explain: 'Emails a new link to confirm the address or accept the invitation.',
    confirm: 'Send link',
  },
  'send-password-reset': {
    label: 'Send password reset link',
    explain:
      'Emails a link to choose a new password. The current password works until the link is used. If the user was invited, resend the invitation link instead.',
    confirm: 'Send link',
  },
  'require-password-change': {
    label: 'Require new password',
    explain:
      'The user can’t do anything until they choose a new password. This includes active sessions. A pending email address change is stopped.',
    confirm: 'Require new password',
  },
  'reset-2fa': {
    label: 'Reset two-factor authentication',
    explain:
      'Removes the authenticator app, the recovery codes, all passkeys and trusted browsers, and ends all sessions. First make sure that the request really comes from the user.',
    confirm: 'Reset two-factor authentication',
  },
  unlock: {
    label: 'Unlock',
    explain: 'Removes all locks caused by failed sign-ins and incorrect codes.',
    confirm: 'Unlock account',
  },
  delete: {
    label: 'Delete',
    explain: 'Permanently deletes the account and all of its data. This can’t be undone.',
    confirm: 'Delete permanently',
  },
}
