/**
 * How a sign-in by redirect can fail. There is one class, whose `outcome` has the same five values as the
 * failures of an API call:
 *
 *   unauthorised   there is no session, or the service has ended it: sign in again
 *   refused        the service or this library refused the answer: see `code`
 *   failed         the service has a temporary fault: try again
 *   unreachable    nothing responded, or something that is not the service
 *   timed_out      no answer in time
 */
export type SignInOutcome = 'unauthorised' | 'refused' | 'failed' | 'unreachable' | 'timed_out'

/** The codes of this library. The service's own are those of OAuth, such as `access_denied`. */
export type OwnSignInCode =
  /** There is no session. */
  | 'signed_out'
  /** The answer belongs to no sign-in that this browser began: it is finished, too old, or forged. */
  | 'unknown_attempt'
  /** The answer comes from another issuer (RFC 9207), or the discovery document names another one. */
  | 'wrong_issuer'
  | 'invalid_answer'
  | 'invalid_id_token'
  | 'unreachable'
  | 'timed_out'

export class GatehouseSignInError extends Error {
  override readonly name = 'GatehouseSignInError'
  readonly outcome: SignInOutcome
  readonly code: OwnSignInCode | (string & {})
  /** Where `signInWithRedirect` was asked to return to, if an answer is what failed. */
  returnTo?: string

  constructor(
    outcome: SignInOutcome,
    code: OwnSignInCode | (string & {}),
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.outcome = outcome
    this.code = code
  }
}

export const isSignInError = (error: unknown): error is GatehouseSignInError =>
  error instanceof GatehouseSignInError

export const refused = (code: OwnSignInCode, message: string): GatehouseSignInError =>
  new GatehouseSignInError('refused', code, message)

export const signedOut = (): GatehouseSignInError =>
  new GatehouseSignInError('unauthorised', 'signed_out', 'Nobody is signed in')

const TEMPORARY = ['server_error', 'temporarily_unavailable']

/** An error that the service answered (RFC 6749, sections 4.1.2.1 and 5.2; RFC 6750, section 3.1). */
export function oauthError(
  error: string,
  description: unknown,
  status = 400,
): GatehouseSignInError {
  const outcome =
    TEMPORARY.includes(error) || status >= 500
      ? 'failed'
      : error === 'invalid_grant' || error === 'invalid_token'
        ? 'unauthorised'
        : 'refused'
  const message = typeof description === 'string' && description !== '' ? description : error
  return new GatehouseSignInError(outcome, error, message)
}
