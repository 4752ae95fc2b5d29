/** What stands around every page, in English: navigation, refusals, field errors, flash messages. */
import type { ErrorCode } from '../../errors'
import { plural } from './plural'

const duration = (count: number): string => {
  if (count < 90) return plural(count, { one: '1 second', other: `${count} seconds` })
  const minutes = Math.ceil(count / 60)
  if (minutes < 90) return plural(minutes, { one: '1 minute', other: `${minutes} minutes` })
  const hours = Math.ceil(minutes / 60)
  return plural(hours, { one: '1 hour', other: `${hours} hours` })
}

export const layout = {
  languageName: 'English',
  language: 'Language',
  apiDocs: 'API documentation',
  skipToContent: 'Skip to content',
  account: 'Account',
  admin: 'Admin',
  signIn: 'Sign in',
  signOut: 'Sign out',
  signedInAs: (name: string) => `Signed in as ${name}`,
  mainNavigation: 'Main',
  home: 'Home',
  back: 'Back',
  cancel: 'Cancel',
  save: 'Save changes',
  optional: 'optional',
  show: 'Show',
  hide: 'Hide',
  showPassword: 'Show password',
  hidePassword: 'Hide password',
  errorTitle: (title: string) => `Error: ${title}`,
  device: (browser: string, system: string) => `${browser} on ${system}`,
  unknownDevice: 'Unknown device',
  unknownPlace: 'Unknown place',

  errorPage: {
    titles: {
      malformed: 'That did not work',
      unauthenticated: 'Please sign in',
      forbidden: 'This is not for you',
      not_found: 'Page not found',
      method_not_allowed: 'That does not work here',
      conflict: 'That does not fit',
      too_large: 'That is too much',
      unsupported_media: 'That cannot be read',
      invalid: 'Something is not right',
      throttled: 'One moment, please',
      unavailable: 'Back in a moment',
      internal: 'Something went wrong',
    },
    requestId: 'Request',
    retryIn: (wait: number) => `Please try again in ${duration(wait)}.`,
    wrongOrigin:
      'This form was sent from another site, so nothing was done. If it was you, open the page here and try again.',
    othersForm:
      'You are now signed in as a different user than when you opened this form, so nothing was changed. Open the page again to change your own account, or sign in as the other user first.',
    notFound: 'There is no page at this address. It may have moved, or the link is incomplete.',
    toStart: 'Go to the start page',
    /** Shown to developers on their own machine only. */
    settings: {
      title: 'The settings are not in order',
      lead: 'The service cannot start with these settings:',
      fix: 'Correct them in .dev.vars or wrangler.toml and reload this page. docs/configuration.md describes every setting.',
    },
  },

  errors: {
    malformed_body: 'What was sent cannot be read. Please go back and try again.',
    validation_failed: 'Please check the fields marked below.',
    invalid_token: 'This link has expired or was used already.',
    email_taken: 'There is an account with this address already.',
    invalid_credentials: 'The email address or the password is not right.',
    account_not_active:
      'This account is not active. If you have just signed up, confirm your email address first.',
    invalid_2fa_code: 'This code is not right, or it was used already.',
    invalid_challenge: 'The sign-in took too long. Please start again.',
    incorrect_password: 'This is not your current password.',
    no_pending_setup: 'The set-up took too long. Please start it again.',
    two_factor_already_on: 'Two-factor sign-in is on already.',
    two_factor_not_on: 'Two-factor sign-in is not on.',
    too_many_attempts: 'Too many attempts.',
    invalid_access_token: 'You are not signed in any more.',
    invalid_refresh_token: 'You are not signed in any more.',
    password_expired: 'Your password has expired. Please choose a new one.',
    two_factor_required: 'Your role asks for a second factor. Please set it up.',
    wrong_setup_token: 'The set-up token is not right.',
    outranked: 'This person may do things that you may not.',
    last_admin: 'The last active administrator must stay.',
    name_taken: 'This name is taken.',
    built_in: 'What is built in cannot be changed in this way.',
    in_use: 'This is still in use.',
    limit_reached: 'There are as many of these as there may be.',
    changed_meanwhile: 'This was changed meanwhile. Please look at it again.',
    wrong_status: 'The status of this account does not allow it.',
    forbidden: 'You are not allowed to see or do this.',
    not_found: 'There is nothing here.',
    method_not_allowed: 'This address does not take what was sent.',
    payload_too_large: 'What was sent is too large.',
    unsupported_media_type: 'What was sent has a form that is not taken here.',
    effect_pending: 'The change is saved, and takes full effect shortly.',
    unavailable: 'The service is not available at the moment. Please try again shortly.',
    internal: 'The fault is on our side. If it happens again, tell us the number below.',
  } satisfies Record<ErrorCode, string>,

  /** By `field.code`, or by code alone. `limit` is a rule's number where it has one. */
  issues: {
    required: () => 'Please fill this in.',
    too_small: () => 'Please fill this in.',
    too_big: () => 'This is too long.',
    invalid_email: () => 'This does not look like an email address.',
    unsupported_address: () =>
      'Mail cannot reach this address: the part before the @ may contain only unaccented letters, digits and punctuation.',
    email_unchanged: () => 'This is your address already.',
    'full_name.too_short': () => 'Please give at least 2 characters.',
    'full_name.too_long': () => 'Please give at most 255 characters.',
    'bio.too_long': () => 'Please write at most 2000 characters.',
    invalid_characters: () => 'Please use ordinary characters only.',
    invalid_url: () => 'Please give an address that begins with https://.',
    invalid_format: () => 'Please write it as described above.',
    'code.invalid_format': () => 'A code has six digits.',
    'recovery_code.invalid_format': () => 'A recovery code has 16 letters and digits.',
    password_too_short: (limit: number) => `Use at least ${limit} characters.`,
    password_too_long: (limit: number) => `Use at most ${limit} characters.`,
    password_no_uppercase: () => 'Use at least one capital letter.',
    password_no_lowercase: () => 'Use at least one small letter.',
    password_no_digit: () => 'Use at least one digit.',
    password_no_special: () => 'Use at least one special character.',
    password_too_common: () => 'This password is easy to guess.',
    password_contains_email: () => 'Do not use your email address in it.',
    password_contains_name: () => 'Do not use your name in it.',
    password_breached: () => 'This password is known from a data breach. Choose another.',
    password_malformed: () => 'Please leave control characters out.',
    password_unchanged: () => 'Choose one that differs from the current one.',
    other: () => 'This is not acceptable.',
  } satisfies Record<string, (limit: number) => string>,

  duration,
}
