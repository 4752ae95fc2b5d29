/** Every text that people read, in English: the catalogue that other languages must match. */
export const en = {
  mail: {
    greeting: (name: string) => `Hello ${name},`,
    ignore: 'If this was not you, you need not do anything.',
    linkHint: 'If the button does not work, copy this address into your browser:',
    expires: (when: string) => `The link works once and until ${when} (UTC).`,
    verifyEmail: {
      subject: (product: string) => `Confirm your email address for ${product}`,
      intro: (product: string) =>
        `someone, hopefully you, created an account at ${product} with this address. Please confirm that it is yours.`,
      action: 'Confirm my email address',
      declineIntro: 'This was not you? Then remove the account:',
      declineAction: 'I did not create this account',
    },
  },
}
export type Texts = typeof en
