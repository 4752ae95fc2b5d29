/** What an admin can do to one user, in English: the button, what it will do, and its confirmation. */
export const actions = {
  activate: {
    label: 'Activate',
    explain:
      'This person can sign in. If the address is not confirmed yet, you vouch for it: the password becomes void, and a link to choose a new one is mailed.',
    confirm: 'Activate this account',
  },
  deactivate: {
    label: 'Deactivate',
    explain:
      'All sessions end at once, mailed links stop working, and nobody can sign in to the account.',
    confirm: 'Deactivate this account',
  },
  'resend-verification': {
    label: 'Send the link again',
    explain: 'Mails a fresh link to confirm the address, or to accept the invitation.',
    confirm: 'Send the link',
  },
  'send-password-reset': {
    label: 'Send password link',
    explain:
      'Mails a link to choose a new password. The old one stays valid until it is used. For an invitation, send the link again instead.',
    confirm: 'Send the link',
  },
  'require-password-change': {
    label: 'Require new password',
    explain:
      'Every session, live ones too, can do nothing until the password is changed. A change of address that was asked for ends.',
    confirm: 'Require a new password',
  },
  'reset-2fa': {
    label: 'Remove second factor',
    explain:
      'Removes the authenticator app and the recovery codes, and ends all sessions. Make sure who is asking.',
    confirm: 'Remove the second factor',
  },
  unlock: {
    label: 'Unlock',
    explain: 'Ends every lock after failed sign-ins and codes.',
    confirm: 'Unlock the account',
  },
  delete: {
    label: 'Delete',
    explain: 'Erases the account and everything about it, for good. This cannot be undone.',
    confirm: 'Delete for good',
  },
}
