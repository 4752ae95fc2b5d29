/** The page that lets a device sign in, in English. */

export const device = {
  title: 'Sign in on a device',
  lead: 'Enter the code shown on your device.',
  code: 'Code',
  codeHint: 'Eight letters, upper or lower case.',
  compare: 'Compare it with the code on your device. Continue only if they match.',
  submit: 'Continue',
  decideTitle: (app: string) => `Sign in to ${app} on your device?`,
  decideLead: (app: string) => `A device wants to sign in to ${app} with your account:`,
  warning: (product: string) =>
    `Allow this only if you started it yourself, on a device in front of you. If somebody sent you the code, they want to get into your account. Nobody from ${product} will ever send you one.`,
  device: 'Device',
  place: 'Location',
  asked: 'Requested',
  allow: 'Allow',
  deny: 'Don’t allow',
  allowedTitle: 'You can go back to your device',
  allowedLead: (app: string) =>
    `It will be signed in to ${app} in a few seconds. You can close this page.`,
  deniedTitle: 'The device can’t sign in',
  deniedLead: 'If somebody sent you the code, you don’t need to do anything else.',
}
