/** The texts with which pages ask who is acting before a sensitive action, in English. */
import type { Amr } from '../../events'

export const stepUp = {
  title: 'Confirm that it’s you',
  lead: 'To protect your account, we ask for this before sensitive changes. You’ll then continue where you left off.',
  forApp: (app: string) => `${app} asks you to confirm that it’s you. You’ll then continue there.`,
  restricted: 'Your role requires two-factor authentication. Confirm that it’s you to continue.',
  submit: 'Confirm',
  byPasskey: 'Confirm with a passkey',
  /** How a session was opened: a list of the methods below. */
  signedInWith: (methods: string) => `Signed in with ${methods}`,
  methods: {
    pwd: 'password',
    otp: 'code',
    rc: 'recovery code',
    hwk: 'passkey',
    swk: 'passkey',
    fed: 'another provider',
    mail: 'email',
  } satisfies Record<Exclude<Amr, 'mfa'>, string>,
}
