/** The texts of an app's sign-in, in English. */

export const oauth = {
  /** On the sign-in page. */
  continueTo: (app: string) => `Continue to ${app}`,
  anotherAccount: 'Use another account',
  backTo: (app: string) => `Back to ${app}`,

  going: {
    title: 'One moment',
    lead: (app: string) => `You’re being taken to ${app}.`,
    submit: 'Continue',
  },

  consent: {
    title: (app: string) => `Allow ${app} to use your account?`,
    lead: (app: string) => `${app} asks for access to your account:`,
    signedInAs: 'Signed in as',
    goesTo: 'You’ll be taken to',
    publisher: 'This app hasn’t been reviewed. Allow it only if you trust its publisher:',
    local: 'This is a program on your own computer.',
    allow: 'Allow',
    deny: 'Don’t allow',
    policy: 'Privacy policy',
    terms: 'Terms of service',
    revoke: 'You can revoke this access in your account at any time.',
    granted: 'already allowed',
    use: 'Sign in with your account',
    of: (resource: string) => `In ${resource}`,
    scopes: {
      openid: 'Recognize you when you come back',
      profile: 'See your name and profile',
      email: 'See your email address',
      roles: 'See your roles',
      permissions: 'See your permissions',
      offline_access: 'Keep this access while you’re not using the app',
    },
  },

  select: {
    title: 'Choose an account',
    lead: (app: string) => `${app} asks which account you want to use.`,
    go: (name: string) => `Continue as ${name}`,
  },
  other: {
    title: 'You need a different account',
    lead: (app: string) =>
      `${app} requires a different account from the one you’re signed in with.`,
  },
  notAllowed: {
    title: (app: string) => `You don’t have access to ${app}`,
    lead: 'Your account doesn’t have the permission that this app requires. Ask an administrator if you need it.',
  },
  signOut: {
    title: 'Sign out?',
    leadOf: (app: string) => `${app} asks you to sign out here too.`,
    lead: 'You’ll also be signed out of the apps that you signed in to in this browser.',
    submit: 'Sign out',
    stay: 'Stay signed in',
    gone: {
      title: 'You’re signed out',
      lead: 'You can close this page.',
      signIn: 'Sign in again',
    },
  },
  refused: {
    title: 'This sign-in can’t continue',
    leads: {
      unknown_app: 'The app that sent you here isn’t registered or has been disabled.',
      unknown_redirect_uri:
        'The app that sent you here used a return address that isn’t registered for it.',
      repeated: 'The app that sent you here sent a request that we can’t read.',
      too_long: 'The app that sent you here sent a request that is too long.',
      invalid: 'The app that sent you here sent a request that we can’t fulfil.',
    },
    developers: 'For the developers of the app:',
  },
}
