/** The texts of the page layout, in English: navigation, error pages, errors and field errors. */
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
  unknownPlace: 'Unknown location',

  errorPage: {
    titles: {
      malformed: 'We couldn’t process your request',
      unauthenticated: 'Please sign in',
      forbidden: 'You don’t have access to this page',
      not_found: 'Page not found',
      method_not_allowed: 'This action isn’t available here',
      conflict: 'This change isn’t possible',
      too_large: 'The request is too large',
      unsupported_media: 'Unsupported format',
      invalid: 'Please check your entries',
      throttled: 'Please wait before trying again',
      unavailable: 'We’ll be right back',
      internal: 'Something went wrong',
    },
    requestId: 'Request ID',
    retryIn: (wait: number) => `Please try again in ${duration(wait)}.`,
    wrongOrigin:
      'This form was submitted from another site, so nothing was changed. If that was you, open the page on this site and try again.',
    othersForm:
      'You’re now signed in as a different user than when you opened this form, so nothing was changed. To change your own account, open the page again. To change the other account, sign in as that user first.',
    notFound: 'There is no page at this address. It may have moved, or the link may be incomplete.',
    toStart: 'Go to the home page',
    /** Shown to developers on their own machine only. */
    settings: {
      title: 'Invalid settings',
      lead: 'The service can’t start with these settings:',
      fix: 'Fix them in .dev.vars or wrangler.toml, then reload this page. Every setting is described in docs/configuration.md.',
    },
  },

  errors: {
    malformed_body: 'Your request couldn’t be read. Please go back and try again.',
    validation_failed: 'Please check the highlighted fields.',
    invalid_forwarded_client: 'The server that you came through isn’t set up correctly.',
    invalid_token: 'This link has expired or has already been used.',
    email_taken: 'An account with this email address already exists.',
    invalid_credentials: 'Incorrect email address or password.',
    account_not_active:
      'This account isn’t active. If you just signed up, confirm your email address first.',
    invalid_2fa_code: 'This code is incorrect or has already been used.',
    unknown_passkey: 'This passkey is not known here. Use another passkey, or your password.',
    invalid_passkey: 'This passkey could not be used. Try again, or choose another way.',
    passkey_taken: 'This passkey is already in use.',
    step_up_required: 'Please confirm first that it’s you.',
    last_way_in: 'This is your only way to sign in. Add another one before you remove it.',
    invalid_challenge: 'Your sign-in timed out. Please start again.',
    incorrect_password: 'Incorrect password.',
    no_pending_setup: 'The setup timed out. Please start again.',
    two_factor_already_on: 'Two-factor authentication is already on.',
    two_factor_not_on: 'Two-factor authentication is off.',
    too_many_attempts: 'Too many attempts.',
    invalid_access_token: 'You’re no longer signed in.',
    invalid_refresh_token: 'You’re no longer signed in.',
    password_expired: 'Your password has expired. Please choose a new one.',
    two_factor_required: 'Your role requires two-factor authentication. Please set it up.',
    wrong_setup_token: 'Incorrect setup token.',
    outranked: 'This user has permissions that you don’t have.',
    last_admin: 'There must be at least one active administrator.',
    name_taken: 'This name is already taken.',
    built_in: 'Built-in roles and permissions can’t be changed this way.',
    no_secret: 'This app has no secret.',
    in_use: 'This is still in use.',
    limit_reached: 'The limit has been reached.',
    changed_meanwhile: 'This was changed in the meantime. Please reload the page and try again.',
    wrong_status: 'The status of this account doesn’t allow this.',
    forbidden: 'You don’t have permission to do this.',
    not_found: 'This doesn’t exist or has been deleted.',
    method_not_allowed: 'This address doesn’t support this kind of request.',
    payload_too_large: 'The data you sent is too large.',
    unsupported_media_type: 'The data you sent is in a format that isn’t supported.',
    effect_pending: 'Your change has been saved and will take full effect shortly.',
    unavailable: 'The service is temporarily unavailable. Please try again shortly.',
    internal:
      'This is an error on our side. If it happens again, please send us the request ID below.',
  } satisfies Record<ErrorCode, string>,

  /** By `field.code`, or by code alone. `limit` is a rule's number where it has one. */
  issues: {
    required: () => 'This field is required.',
    too_small: () => 'This field is required.',
    too_big: () => 'This is too long.',
    invalid_email: () => 'Enter a valid email address.',
    unsupported_address: () =>
      'We can’t send email to this address. The part before the @ may contain only unaccented letters, digits and punctuation.',
    email_unchanged: () => 'This is already your email address.',
    'full_name.too_short': () => 'Use at least 2 characters.',
    'full_name.too_long': () => 'Use at most 255 characters.',
    'bio.too_long': () => 'Use at most 2,000 characters.',
    invalid_characters: () => 'This contains characters that aren’t allowed.',
    unknown_user_code: () =>
      'We don’t know this code, or it has expired. Get a new one on your device.',
    invalid_url: () => 'Enter an address that starts with https://.',
    invalid_format: () => 'Use the format described above.',
    'code.invalid_format': () => 'Enter a six-digit code.',
    'recovery_code.invalid_format': () => 'A recovery code has 16 letters and digits.',
    invalid_uri: () => 'This isn’t a complete address in its plain form.',
    not_https: () => 'Addresses must start with https://.',
    scheme_without_dot: () => 'A private scheme needs a dot, such as com.example.app:/callback.',
    has_wildcard: () => 'Wildcards aren’t supported.',
    has_fragment: () => 'Addresses can’t contain #.',
    has_credentials: () => 'Addresses can’t contain a user name or password.',
    has_answer_parameter: () =>
      'Addresses can’t contain parameters of the answer, such as code or state.',
    own_origin: () => 'Addresses can’t lead back to this service.',
    own_audience: () => 'This name belongs to this service itself.',
    repeated: () => 'Something is listed twice.',
    not_for_kind: () => 'An app of this kind can’t have this.',
    unknown_scope: () => 'None of the selected APIs has this scope.',
    standard_scope: () => 'One of these names is a standard scope.',
    password_too_short: (limit: number) => `Use at least ${limit} characters.`,
    password_too_long: (limit: number) => `Use at most ${limit} characters.`,
    password_no_uppercase: () => 'Use at least one uppercase letter.',
    password_no_lowercase: () => 'Use at least one lowercase letter.',
    password_no_digit: () => 'Use at least one number.',
    password_no_special: () => 'Use at least one special character.',
    password_too_common: () => 'This password is too easy to guess.',
    password_contains_email: () => 'Your password can’t contain your email address.',
    password_contains_name: () => 'Your password can’t contain your name.',
    password_breached: () => 'This password has appeared in a data breach. Choose a different one.',
    password_malformed: () => 'Your password can’t contain control characters.',
    password_unchanged: () => 'Choose a password that’s different from your current one.',
    other: () => 'This value isn’t valid.',
  } satisfies Record<string, (limit: number) => string>,

  duration,
}
