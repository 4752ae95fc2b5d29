/** The pages for visitors who are not signed in, in English. */
import { plural } from './plural'

export const signedOut = {
  email: 'Email address',
  password: 'Password',
  newPassword: 'New password',
  fullName: 'Full name',
  back: 'Back to sign-in',

  rules: {
    title: 'Requirements for your password',
    met: 'met',
    failed: 'not met',
    length: (least: number) => `At least ${least} characters`,
    uppercase: 'An uppercase letter',
    lowercase: 'A lowercase letter',
    digit: 'A number',
    special: 'A special character, such as ! or #',
    unguessable: 'Hard to guess, without your name or email address',
  },

  signUp: {
    title: 'Create your account',
    submit: 'Create account',
    haveAccount: 'Already have an account?',
  },
  checkMail: {
    title: 'Check your email',
    sentTo: (address: string) => `We’ve sent a link to ${address}.`,
    openIt: 'Open it to confirm your email address.',
    nothing: 'Didn’t get it? Check your spam folder or send the link again.',
    again: 'Send again',
    askAddress: 'Which address should we send the link to?',
    send: 'Send link',
    other: 'Use a different address',
  },
  verify: {
    title: 'Confirm your email address',
    lead: 'Your account is ready to use once you confirm.',
    submit: 'Confirm my email address',
    spent: 'This link has expired, or your email address is already confirmed.',
    askAgain: 'Get a new link',
  },
  decline: {
    title: 'Delete this account?',
    lead: 'Someone created an account with your email address. If it wasn’t you, delete the account and all of its data.',
    submit: 'Delete account',
    spent: 'This link has expired, or the account has already been deleted or confirmed.',
  },
  signIn: {
    title: 'Sign in',
    submit: 'Sign in',
    remember: 'Keep me signed in on this device',
    forgot: 'Forgot your password?',
    noAccount: 'Don’t have an account?',
    signUp: 'Create an account',
    resend: 'Send a new confirmation link',
    locked: 'You don’t have to wait. Reset your password by email to sign in now.',
    lockedReset: 'Reset your password',
  },
  secondFactor: {
    title: 'Two-factor authentication',
    leads: {
      code: 'Enter the code from your authenticator app.',
      recovery_code: 'Enter one of the recovery codes you saved. Each code works once.',
      passkey_code: 'Use your passkey, or enter the code from your authenticator app.',
      passkey_recovery_code: 'Use your passkey, or enter one of your recovery codes.',
    },
    code: 'Six-digit code',
    submit: 'Continue',
    useRecovery: 'Use a recovery code instead',
    useCode: 'Use your authenticator app instead',
    recoveryCode: 'Recovery code',
    usePasskey: 'Use your passkey or authenticator app instead',
    trust: (days: number) =>
      plural(days, {
        one: 'Don’t ask again on this browser for 1 day',
        other: `Don’t ask again on this browser for ${days} days`,
      }),
  },
  forgot: {
    title: 'Forgot your password?',
    lead: 'Enter your email address and we’ll send you a link to choose a new password.',
    submit: 'Send link',
    sentTitle: 'Check your email',
    sent: 'If an account with this address exists, we’ve sent it a link to choose a new password.',
    wait: 'The email can take a minute to arrive. If you don’t see it, check your spam folder or try again.',
    again: 'Try again',
  },
  reset: {
    title: 'Choose a new password',
    lead: 'You’ll be signed out on all devices.',
    submit: 'Set new password',
    spent: 'This link has expired or has already been used. Request a new one.',
    askAgain: 'Get a new link',
  },
  confirmChange: {
    title: 'Use this email address?',
    lead: (account: string) =>
      `The account ${account} will use the email address that this link was sent to.`,
    account: 'Account',
    askPassword: 'If this is your account, enter its password to confirm.',
    password: 'Password for this account',
    submit: 'Use this address',
    notMine: 'Don’t know this account?',
    decline: 'This isn’t my account',
    spent:
      'This link has expired or has already been used. Request the change again in your account.',
  },
  declineChange: {
    title: 'Not your account?',
    lead: 'Someone asked to use your email address for their account. If you decline, the account keeps its current address and we notify its owner.',
    submit: 'This isn’t my account',
    spent: 'This link has expired or has already been used. You don’t need to do anything else.',
  },
  undoChange: {
    title: 'Undo the email address change?',
    lead: 'We’ll restore your previous address, end all sessions and disable the current password. You’ll get a link to choose a new password.',
    submit: 'Undo change',
    spent: 'This link has expired or has already been used.',
  },
  undoMethod: {
    title: 'Remove this way to sign in?',
    lead: 'We’ll remove the passkey or the trusted browser that the email was about, and end all sessions. If you didn’t add it, change your password afterwards.',
    submit: 'Remove',
    spent: 'This link has expired, or what it removes is already gone.',
  },
  invitation: {
    title: 'Welcome',
    lead: (product: string) => `Choose a password for your ${product} account.`,
    nameHint: 'Leave empty to keep the name from your invitation.',
    submit: 'Accept invitation',
    spent:
      'This invitation has expired or has already been used. Ask the person who invited you for a new one.',
  },
  setup: {
    title: 'Create the first administrator',
    lead: 'You can use this page once. You need the setup token of this installation.',
    token: 'Setup token',
    tokenHint: 'The value of SETUP_TOKEN.',
    submit: 'Create administrator',
    doneTitle: 'Setup is complete',
    doneLead:
      'This installation already has an administrator. Sign in as an administrator to open the admin console.',
    toConsole: 'Open the admin console',
    noTokenTitle: 'Setup isn’t available',
    noTokenLead:
      'No setup token is configured. To create the first administrator, set SETUP_TOKEN and open this page again.',
    toSignIn: 'Go to sign-in',
  },
}
