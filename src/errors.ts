/**
 * Every error of the domain, by code. A code is public and stable; its kind decides how a transport
 * answers (http/problem.ts maps kinds to status codes). This file does not depend on HTTP.
 */

export type ErrorKind =
  | 'malformed' // the request cannot be read, or contains a token or code that is not valid
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'too_large'
  | 'unsupported_media'
  | 'invalid' // readable, but fields are invalid; carries `issues`
  | 'throttled'
  | 'unavailable' // a temporary fault on our side; carries `retryAfter`
  | 'internal'

/** code -> kind and the message for users, worded as in the requirements where they give a wording. */
export const ERRORS = {
  malformed_body: ['malformed', 'The request body cannot be read'],
  validation_failed: ['invalid', 'Some fields are invalid'],
  invalid_forwarded_client: ['malformed', 'The named client cannot be used'],
  invalid_token: ['malformed', 'Invalid or expired verification token'],
  email_taken: ['conflict', 'User with this email already exists'],
  invalid_credentials: ['unauthenticated', 'Incorrect email or password'],
  account_not_active: ['unauthenticated', 'Account not activated'],
  invalid_2fa_code: ['unauthenticated', 'Invalid 2FA code'],
  invalid_passkey: ['unauthenticated', 'This passkey cannot be used. Try again or use another way'],
  unknown_passkey: ['unauthenticated', 'This passkey is not known here'],
  invalid_challenge: ['unauthenticated', 'The sign-in has expired. Start again'],
  incorrect_password: ['malformed', 'Current password is incorrect'],
  no_pending_setup: ['conflict', 'No setup is in progress. Start again'],
  two_factor_already_on: ['conflict', 'Two-factor authentication is already on'],
  two_factor_not_on: ['conflict', 'Two-factor authentication is not on'],
  too_many_attempts: ['throttled', 'Too many attempts. Try again later'],
  invalid_access_token: ['unauthenticated', 'The access token is missing, expired or revoked'],
  invalid_refresh_token: ['unauthenticated', 'The refresh token is expired, used or revoked'],
  password_expired: ['forbidden', 'The password has expired and must be changed first'],
  step_up_required: ['forbidden', 'Confirm that it is you first'],
  two_factor_required: ['forbidden', 'Two-factor authentication must be set up first'],
  wrong_setup_token: ['forbidden', 'Incorrect setup token'],
  outranked: ['forbidden', 'This user has permissions that you do not have'],
  last_admin: ['conflict', 'There must be at least one active administrator'],
  last_way_in: ['conflict', 'This is your last way to sign in'],
  passkey_taken: ['conflict', 'This passkey is already in use'],
  name_taken: ['conflict', 'This name is already taken'],
  built_in: ['conflict', 'Built-in roles and permissions cannot be changed this way'],
  no_secret: ['conflict', 'This app has no secret'],
  in_use: ['conflict', 'This is still in use'],
  limit_reached: ['conflict', 'The limit has been reached'],
  changed_meanwhile: ['conflict', 'This was changed in the meantime. Reload it and try again'],
  wrong_status: ['conflict', 'The status of the account does not allow this'],
  forbidden: ['forbidden', 'You are not allowed to do this'],
  not_found: ['not_found', 'Not found'],
  method_not_allowed: ['method_not_allowed', 'This path does not support that method'],
  payload_too_large: ['too_large', 'The request body is too large'],
  unsupported_media_type: [
    'unsupported_media',
    'Send application/json or application/x-www-form-urlencoded',
  ],
  effect_pending: ['unavailable', 'The change is saved and will take full effect shortly'],
  unavailable: ['unavailable', 'The service is temporarily unavailable'],
  internal: ['internal', 'Something went wrong on our side'],
} as const satisfies Record<string, readonly [ErrorKind, string]>

export type ErrorCode = keyof typeof ERRORS

/** One invalid field. `path` is a dotted path ('' for the body as a whole). */
export interface FieldIssue {
  path: string
  code: string
  message: string
}

/** Ways in which a signed-in user can prove again who they are. */
export const PROOF_METHODS = ['password', 'code', 'recovery_code', 'passkey'] as const
export type ProofMethod = (typeof PROOF_METHODS)[number]

/** What a refused caller has to prove first, so that the same request is accepted. */
export interface StepUpDemand {
  /** Seconds for which a proof counts. */
  readonly maxAge: number
  /** The proofs that the account can give. Each alone is enough. */
  readonly methods: readonly ProofMethod[]
}

export class DomainError extends Error {
  override readonly name = 'DomainError'
  readonly kind: ErrorKind
  readonly issues: FieldIssue[] | undefined
  /** Seconds after which a retry makes sense. */
  readonly retryAfter: number | undefined
  /** Set if a proof of who the caller is would lift the refusal. */
  readonly stepUp: StepUpDemand | undefined

  constructor(
    readonly code: ErrorCode,
    more: {
      kind?: ErrorKind
      detail?: string
      issues?: FieldIssue[]
      retryAfter?: number
      stepUp?: StepUpDemand
      cause?: unknown
    } = {},
  ) {
    super(more.detail ?? ERRORS[code][1], { cause: more.cause })
    this.kind = more.kind ?? ERRORS[code][0]
    this.issues = more.issues
    this.retryAfter = more.retryAfter
    this.stepUp = more.stepUp
  }
}

/** `validation_failed` with the issues of all fields. */
export const invalidFields = (issues: FieldIssue[]): DomainError =>
  new DomainError('validation_failed', { issues })
