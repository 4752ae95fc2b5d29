/** The page that lets a device sign in, in English. */

export const device = {
  title: 'Sign in on a device',
  lead: 'Enter the code that your device shows.',
  code: 'Code',
  codeHint: 'Eight letters. Upper and lower case make no difference.',
  compare: 'Compare it with the code on your device. Continue only if they’re the same.',
  submit: 'Continue',
  decideTitle: (app: string) => `Let ${app} sign in on this device?`,
  decideLead: (app: string) => `A device asks to sign in to ${app} with your account:`,
  warning: (product: string) =>
    `Allow this only if you started it yourself, on a device that you have in front of you. If somebody sent you the code, they want to get into your account. Nobody from ${product} will ever ask you for such a code.`,
  device: 'Device',
  place: 'Place',
  asked: 'Asked',
  allow: 'Allow',
  deny: 'Don’t allow',
  allowedTitle: 'You can go back to your device',
  allowedLead: (app: string) =>
    `It will be signed in to ${app} in a few seconds. You can close this page.`,
  deniedTitle: 'The device can’t sign in',
  deniedLead:
    'Nothing was allowed. If somebody sent you the code, you don’t need to do anything else.',
}
