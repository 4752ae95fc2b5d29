/** Passkeys on the hosted pages, in English. */

export const passkeys = {
  cancelled: 'No passkey was used. Try again, or choose another way.',
  notCreated: 'No passkey was created. You can try again.',
  failed: 'Passkeys don’t work here right now. Try again, or choose another way.',
  exists: 'This device already has a passkey for your account.',
  signIn: 'Sign in with a passkey',
  or: 'or',
  use: 'Use a passkey',

  nav: 'Passkeys',
  title: 'Passkeys',
  lead: 'A passkey lets you sign in with your fingerprint, your face or the PIN of your device. It can’t be guessed, and it doesn’t work on fake websites.',
  none: 'You don’t have a passkey yet.',
  add: 'Add a passkey',
  addTitle: 'Add a passkey',
  addLead:
    'Your browser asks where to save it: on this device, in a password manager, on a phone or on a security key.',
  noScript: 'To add a passkey, use a browser that supports passkeys and allow JavaScript.',
  full: (most: number) => `You can have at most ${most} passkeys. Remove one to add another.`,
  created: 'Created',
  lastUsed: 'Last used',
  never: 'Never used',
  synced: 'Synced',
  deviceBound: 'Only on one device',
  thisDevice: 'This device',
  manage: 'Manage',
  manageOne: (name: string) => `Manage the passkey ${name}`,

  name: 'Name',
  nameHint: 'For example the device or the app that holds it.',
  facts: 'Details',
  device: 'Saved in',
  kind: 'Type',
  syncedLead: 'Synced. It can be copied to your other devices.',
  deviceBoundLead: 'Only on one device. It can’t be copied.',
  back: 'All passkeys',
  removeTitle: 'Remove this passkey',
  removeLead:
    'You’ll no longer be able to sign in with it, and the sessions that it opened will end. Afterwards, delete it on your device too.',
  removeLast:
    'You can’t remove your last passkey, because your account has no password. Set a password first.',
  remove: 'Remove passkey',

  offerTitle: 'Sign in faster next time',
  offerLead:
    'Create a passkey to sign in with your fingerprint, your face or the PIN of your device instead of a password.',
  create: 'Create a passkey',
  later: 'Not now',
  neverAsk: 'Don’t ask again',

  codesLead:
    'Your passkey has been added. If you lose it, you can confirm that it’s you with one of these codes. Each code works once. You won’t be able to see them again.',

  instead: 'Use a passkey instead',
  insteadOfChosen: 'The passkey replaces the password that you chose. You can set a new one later.',
  insteadLead: 'You won’t need a password. You can set one later.',
}
