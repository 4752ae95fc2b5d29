/** The mails, in English. */
export const mail = {
  greeting: (name: string | null) => (name === null ? 'Hello,' : `Hello ${name},`),
  expires: (when: string) => `The link works once and until ${when} (UTC).`,
  requestMetadata: (when: string, device: string, country: string) =>
    `When: ${when} (UTC). Device: ${device}. Country: ${country}.`,
  unknownCountry: 'unknown',
  notYou: 'If this was not you, reset your password at once and check your sessions.',
  /** What some notices are about, and what to do about it. */
  details: {
    apiKey: (name: string | null, permissions: string, until: string) =>
      `${name === null ? '' : `Name: ${name}. `}Permissions: ${permissions}. Valid until: ${until} (UTC).`,
    webhook: (host: string, change: 'url' | 'secret' | 'enabled' | null) =>
      `Receiver: ${host}.${change === null ? '' : ` Changed: ${{ url: 'the address', secret: 'the secret', enabled: 'switched on again' }[change]}.`}`,
    rights: (given: string, userId: number | null, keyId: string | null, isActivation: boolean) =>
      [
        `Given: ${given}.`,
        ...(userId === null ? [] : [`To the user with the id ${userId}.`]),
        ...(isActivation ? ['Reason: the account was activated.'] : []),
        ...(keyId === null ? [] : [`By your API key ${keyId}.`]),
      ].join(' '),
    notYou:
      'If this was not you, reset your password at once, then end your sessions and revoke your API keys on this page. Ask an administrator to look at the audit log.',
    sessions: 'Sessions and API keys',
  },
  ignore: 'If this was not you, you need not do anything: without this mail nothing happens.',
  emails: {
    'verify-email': {
      subject: (product: string) => `Confirm your email address for ${product}`,
      body: (product: string) =>
        `someone, hopefully you, created an account at ${product} with this address. Please confirm that it is yours.`,
      action: 'Confirm my email address',
      second: {
        body: 'This was not you? Then remove the account:',
        action: 'I did not create this account',
      },
    },
    'account-exists': {
      subject: (product: string) => `You already have an account at ${product}`,
      body: (product: string) =>
        `someone, perhaps you, tried to register at ${product} with this address. There is an account already: sign in, or ask for a new password if you have forgotten yours.`,
    },
    'reset-password': {
      subject: (product: string) => `Reset your password for ${product}`,
      body: (product: string) => `you can choose a new password for ${product} with this link.`,
      action: 'Choose a new password',
    },
    'confirm-email-change': {
      subject: (product: string) => `Confirm your new email address for ${product}`,
      body: (product: string) =>
        `someone asked for an account at ${product} to use this address from now on.`,
      account: (masked: string) =>
        `The account is ${masked}. Confirm only if it is yours: you need its password, or a browser that is signed in to it.`,
      action: 'Confirm or decline',
      closing:
        'You do not know this account? Open the link and choose “This is not mine”, or do nothing: without you nothing changes.',
    },
    'email-changed': {
      subject: (product: string) => `Your email address at ${product} was changed`,
      body: (product: string) =>
        `your account at ${product} uses another address from now on. If you did not do this, undo it: your address comes back, every session ends and the password becomes void.`,
      action: 'Undo this change',
    },
    'email-change-declined': {
      subject: (product: string) => `A change of address at ${product} was declined`,
      body: (product: string) =>
        `you asked for your account at ${product} to use another address. The person who reads mail there says that it is not theirs, so your account keeps the address it has.`,
      closing:
        'If you mistyped the address, ask for the change again. If you did not ask for it, change your password and check your sessions.',
    },
    'email-set-by-admin': {
      subject: (product: string) => `Your email address at ${product} was changed`,
      body: (product: string) =>
        `an administrator changed the email address of your account at ${product}.`,
    },
    'email-change-undone': {
      subject: (product: string) => `A change of address at ${product} was undone`,
      body: (product: string) =>
        `your account at ${product} used this address. The change to it was undone from the address before, which has the account now.`,
      closing:
        'Every session has ended and the password is void. If you did not expect this, ask the administrators.',
    },
    'email-moved-back': {
      subject: (product: string) => `Your account at ${product} has its earlier address again`,
      body: (product: string) =>
        `your account at ${product} used this address. It has been moved back to its earlier address.`,
      closing: 'If you did not expect this, ask the administrators.',
    },
    'account-erased': {
      subject: (product: string) => `Your account at ${product} was deleted`,
      body: (product: string) =>
        `your account at ${product} and everything that belongs to it has been deleted.`,
    },
    'accept-invitation': {
      subject: (product: string) => `You are invited to ${product}`,
      body: (product: string) =>
        `an account at ${product} has been made for you. Choose a password to use it.`,
      action: 'Accept the invitation',
    },
    'password-changed': {
      subject: (product: string) => `Your password at ${product} was changed`,
      body: (product: string) =>
        `the password of your account at ${product} was changed, and every session has ended.`,
    },
    'two-factor-on': {
      subject: (product: string) => `Two-factor sign-in is on at ${product}`,
      body: (product: string) => `your account at ${product} asks for a second factor from now on.`,
    },
    'two-factor-off': {
      subject: (product: string) => `Two-factor sign-in is off at ${product}`,
      body: (product: string) => `your account at ${product} no longer asks for a second factor.`,
    },
    'two-factor-reset': {
      subject: (product: string) => `Two-factor sign-in was reset at ${product}`,
      body: (product: string) =>
        `an administrator of ${product} removed the second factor from your account.`,
    },
    'recovery-code-used': {
      subject: (product: string) => `A recovery code was used at ${product}`,
      body: (product: string) =>
        `someone signed in to your account at ${product} with one of your recovery codes.`,
    },
    'new-device': {
      subject: (product: string) => `New sign-in to ${product}`,
      body: (product: string) =>
        `someone signed in to your account at ${product} from a device that we have not seen before.`,
    },
    'wrong-second-factor': {
      subject: (product: string) => `Someone has your password for ${product}`,
      body: (product: string) =>
        `someone gave the right password of your account at ${product}, but a wrong second factor.`,
    },
    'password-blocked': {
      subject: (product: string) => `Choose a new password for ${product}`,
      body: (product: string) =>
        `someone gave the right password of your account at ${product} and then 20 wrong second factors. From networks that you have not signed in from, this password no longer works. Please choose a new one: "Forgot your password?" on the sign-in page sends you a link.`,
    },
    'refresh-reused': {
      subject: (product: string) => `A session at ${product} was ended`,
      body: (product: string) =>
        `a session of your account at ${product} was used from two places at once, as happens when one is stolen. We have ended it.`,
    },
    'api-key-created': {
      subject: (product: string) => `An API key was created at ${product}`,
      body: (product: string) =>
        `an API key was created with your account at ${product}. Anyone who has it can act in your name until it expires, even after you have signed out.`,
    },
    'webhook-created': {
      subject: (product: string) => `A webhook was created at ${product}`,
      body: (product: string) =>
        `a webhook was created with your account at ${product}. It sends events to another server until it is disabled or deleted.`,
    },
    'webhook-changed': {
      subject: (product: string) => `A webhook was changed at ${product}`,
      body: (product: string) =>
        `a webhook at ${product} was changed. You get this mail because you created it or changed it.`,
    },
    'admin-rights-given': {
      subject: (product: string) => `Administrator rights were given at ${product}`,
      body: (product: string) =>
        `your account at ${product} was used to give somebody administrator rights.`,
    },
  },
}
