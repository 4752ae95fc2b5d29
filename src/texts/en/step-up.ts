import type { Amr } from '../../events'

/** The texts with which pages ask who is acting before a sensitive action, in English. */
export const stepUp = {
  title: 'Confirm that it is you',
  lead: 'To protect your account, please confirm that it is you. Then your change goes on.',
  restricted: 'Your role requires two-factor authentication. Confirm that it is you to go on.',
  submit: 'Confirm',
  /** How a session was opened, in a list such as “Password and code”. */
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
