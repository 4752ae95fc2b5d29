/** The emails, in English. */
export const mail = {
  greeting: (name: string | null) => (name === null ? 'Hello,' : `Hello ${name},`),
  expires: (when: string) => `The link works once and expires on ${when} (UTC).`,
  requestMetadata: (when: string, device: string, country: string) =>
    `Time: ${when} (UTC). Device: ${device}. Country: ${country}.`,
  unknownCountry: 'unknown',
  notYou: 'If this wasn’t you, reset your password immediately and check your sessions.',
  /** What some notifications are about, and what to do about it. */
  details: {
    apiKey: (name: string | null, permissions: string, until: string) =>
      `${name === null ? '' : `Name: ${name}. `}Permissions: ${permissions}. Valid until: ${until} (UTC).`,
    webhook: (host: string, change: 'url' | 'secret' | 'enabled' | null) =>
      `Endpoint: ${host}.${change === null ? '' : ` Change: ${{ url: 'new URL', secret: 'new secret', enabled: 'enabled again' }[change]}.`}`,
    rights: (given: string, userId: number | null, keyId: string | null, isActivation: boolean) =>
      [
        `Granted: ${given}.`,
        ...(userId === null ? [] : [`To the user with ID ${userId}.`]),
        ...(isActivation ? ['Reason: the account was activated.'] : []),
        ...(keyId === null ? [] : [`With your API key ${keyId}.`]),
      ].join(' '),
    notYou:
      'If this wasn’t you, reset your password immediately. Then open the page below to end your sessions and revoke your API keys. Ask an administrator to check the audit log.',
    sessions: 'Sessions and API keys',
  },
  ignore: 'If this wasn’t you, you can ignore this email.',
  emails: {
    'verify-email': {
      subject: (product: string) => `Confirm your email address for ${product}`,
      body: (product: string) =>
        `Someone, hopefully you, signed up for ${product} with this email address. Please confirm that the address is yours.`,
      action: 'Confirm my email address',
      second: {
        body: 'If this wasn’t you, delete the account:',
        action: 'I didn’t create this account',
      },
    },
    'account-exists': {
      subject: (product: string) => `You already have an account at ${product}`,
      body: (product: string) =>
        `Someone, perhaps you, tried to sign up for ${product} with this email address. You already have an account. Sign in, or request a new password if you’ve forgotten yours.`,
    },
    'reset-password': {
      subject: (product: string) => `Reset your password for ${product}`,
      body: (product: string) => `Use this link to choose a new password for ${product}.`,
      action: 'Choose a new password',
    },
    'confirm-email-change': {
      subject: (product: string) => `Confirm your new email address for ${product}`,
      body: (product: string) =>
        `Someone asked to use this email address for their account at ${product}.`,
      account: (masked: string) =>
        `The account is ${masked}. Confirm only if it’s yours. You’ll need its password or a browser that is signed in to it.`,
      action: 'Confirm or decline',
      closing:
        'If you don’t know this account, open the link and choose “This isn’t my account”. You can also ignore this email. Nothing changes unless you confirm.',
    },
    'email-changed': {
      subject: (product: string) => `Your email address at ${product} was changed`,
      body: (product: string) =>
        `Your account at ${product} now uses a different email address. If you didn’t do this, undo the change. This restores your address, ends all sessions and disables the current password.`,
      action: 'Undo this change',
    },
    'email-change-declined': {
      subject: (product: string) => `Your email address change at ${product} was declined`,
      body: (product: string) =>
        `You asked to use a different email address for your account at ${product}. The person who uses that address declined, so your account keeps its current address.`,
      closing:
        'If you mistyped the address, request the change again. If you didn’t request it, change your password and check your sessions.',
    },
    'email-set-by-admin': {
      subject: (product: string) => `Your email address at ${product} was changed`,
      body: (product: string) =>
        `An administrator changed the email address of your account at ${product}.`,
    },
    'email-change-undone': {
      subject: (product: string) => `An email address change at ${product} was undone`,
      body: (product: string) =>
        `Your account at ${product} used this email address. The change was undone from the previous address, and the account uses that address again.`,
      closing:
        'All sessions have ended and the password no longer works. If you didn’t expect this, contact an administrator.',
    },
    'email-moved-back': {
      subject: (product: string) => `Your account at ${product} uses its previous address again`,
      body: (product: string) =>
        `Your account at ${product} used this email address. It now uses its previous address again.`,
      closing: 'If you didn’t expect this, contact an administrator.',
    },
    'account-erased': {
      subject: (product: string) => `Your account at ${product} was deleted`,
      body: (product: string) =>
        `Your account at ${product} and all of its data have been deleted.`,
    },
    'accept-invitation': {
      subject: (product: string) => `You have been invited to ${product}`,
      body: (product: string) =>
        `An account at ${product} has been created for you. Choose a password to start using it.`,
      action: 'Accept the invitation',
    },
    'password-changed': {
      subject: (product: string) => `Your password at ${product} was changed`,
      body: (product: string) =>
        `The password of your account at ${product} was changed and all sessions have ended.`,
    },
    'two-factor-on': {
      subject: (product: string) => `Two-factor authentication was turned on at ${product}`,
      body: (product: string) =>
        `Two-factor authentication was turned on for your account at ${product}. From now on, you need a code from your authenticator app to sign in.`,
    },
    'two-factor-off': {
      subject: (product: string) => `Two-factor authentication was turned off at ${product}`,
      body: (product: string) =>
        `Two-factor authentication was turned off for your account at ${product}. From now on, you only need your password to sign in.`,
    },
    'two-factor-reset': {
      subject: (product: string) => `Two-factor authentication was reset at ${product}`,
      body: (product: string) =>
        `An administrator removed your authenticator app, recovery codes, passkeys and trusted browsers from your account at ${product}.`,
    },
    'recovery-code-used': {
      subject: (product: string) => `A recovery code was used at ${product}`,
      body: (product: string) =>
        `Someone used one of the recovery codes of your account at ${product}, to sign in or to confirm an action.`,
    },
    'recovery-codes-renewed': {
      subject: (product: string) => `New recovery codes at ${product}`,
      body: (product: string) =>
        `The recovery codes of your account at ${product} were replaced with new ones. The old codes no longer work.`,
    },
    'new-device': {
      subject: (product: string) => `New sign-in to ${product}`,
      body: (product: string) =>
        `Someone signed in to your account at ${product} from a new device.`,
    },
    'wrong-second-factor': {
      subject: (product: string) => `Someone has your password for ${product}`,
      body: (product: string) =>
        `Someone entered the correct password for your account at ${product}, but an incorrect two-factor code.`,
    },
    'password-blocked': {
      subject: (product: string) => `Choose a new password for ${product}`,
      body: (product: string) =>
        `Someone entered the correct password for your account at ${product} and then 20 incorrect two-factor codes. The password now works only on networks from which you’ve signed in before. Please choose a new one. To get a link, select “Forgot your password?” on the sign-in page.`,
    },
    'refresh-reused': {
      subject: (product: string) => `A session at ${product} was ended`,
      body: (product: string) =>
        `A session of your account at ${product} was used in two places at once. This can mean that it was stolen, so we ended it.`,
    },
    'passkey-added': {
      subject: (product: string) => `A passkey was added at ${product}`,
      body: (product: string) =>
        `A passkey was added to your account at ${product}. Anyone who holds it can sign in as you. If you didn’t add it, remove it with this link. This also ends all sessions.`,
      action: 'Remove the passkey',
    },
    'passkey-removed': {
      subject: (product: string) => `A passkey was removed at ${product}`,
      body: (product: string) =>
        `A passkey was removed from your account at ${product}. It can no longer be used to sign in.`,
    },
    'passkey-copied': {
      subject: (product: string) => `Please check a passkey at ${product}`,
      body: (product: string) =>
        `A passkey for your account at ${product} was used in a way that suggests that a copy of it exists. Unless you made a copy yourself, remove this passkey and add a new one.`,
    },
    'browser-trusted': {
      subject: (product: string) => `A browser is now trusted at ${product}`,
      body: (product: string) =>
        `A browser can now sign in to your account at ${product} with your password alone. If this wasn’t you, use this link to stop trusting it. This also ends all sessions.`,
      action: 'Stop trusting the browser',
    },
    'browser-trust-reused': {
      subject: (product: string) => `A browser is no longer trusted at ${product}`,
      body: (product: string) =>
        `A browser that could sign in to your account at ${product} with your password alone was used in two places. This can mean that its data was copied, so we no longer trust it. The next sign-in there asks for your second factor again.`,
    },
    'api-key-created': {
      subject: (product: string) => `An API key was created at ${product}`,
      body: (product: string) =>
        `An API key was created with your account at ${product}. Anyone who has the key can act on your behalf until it expires, even after you sign out.`,
    },
    'webhook-created': {
      subject: (product: string) => `A webhook was created at ${product}`,
      body: (product: string) =>
        `A webhook was created with your account at ${product}. It sends events to another server until it is disabled or deleted.`,
    },
    'webhook-changed': {
      subject: (product: string) => `A webhook was changed at ${product}`,
      body: (product: string) =>
        `A webhook at ${product} was changed. You’re receiving this email because you created or changed this webhook.`,
    },
    'admin-rights-given': {
      subject: (product: string) => `Administrator rights were granted at ${product}`,
      body: (product: string) =>
        `Your account at ${product} was used to grant administrator rights to someone.`,
    },
  },
}
