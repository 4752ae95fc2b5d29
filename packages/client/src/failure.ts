/**
 * The ways in which a call can fail. Each is an Error with an `outcome`, which is all that a caller
 * needs to check:
 *
 *   unauthorised   the token is missing, expired or revoked: sign in again
 *   refused        the service refused the call: see `code`, `errors`, `retryAfter`
 *   failed         the service has a temporary fault: `retryAfter` says when to retry
 *   unreachable    nothing responded, or something that is not Gatehouse
 *   timed_out      the call took longer than `timeoutMs`; it may have taken effect
 */
import type { Problem } from './api.ts'

export type ProblemCode = Problem['code']
export type FieldIssue = NonNullable<Problem['errors']>[number]

/** The service's problem response (RFC 9457). `message` is for people, `code` for programs. */
export class GatehouseProblem extends Error {
  override readonly name = 'GatehouseProblem'
  readonly outcome: 'unauthorised' | 'refused' | 'failed'
  readonly status: number
  readonly code: ProblemCode
  /** All invalid fields, when `code` is `validation_failed`. */
  readonly errors: readonly FieldIssue[]
  /** The id of the request in the service's log. */
  readonly requestId: string
  /** Seconds after which a retry makes sense. */
  readonly retryAfter: number | undefined
  /**
   * What to prove at `/api/v1/auth/step-up`, if the call would be accepted then. Each of the `methods`
   * alone is enough, and a proof is good for `max_age` seconds.
   */
  readonly stepUp: Problem['step_up']

  constructor(problem: Problem, retryAfter?: number) {
    super(problem.detail)
    this.outcome = outcomeOf(problem)
    this.status = problem.status
    this.code = problem.code
    this.errors = problem.errors ?? []
    this.requestId = problem.request_id
    this.retryAfter = retryAfter
    this.stepUp = problem.step_up
  }
}

/** Nothing responded, or something that is not Gatehouse. `cause` is the platform's error. */
export class GatehouseUnreachable extends Error {
  override readonly name = 'GatehouseUnreachable'
  readonly outcome = 'unreachable'
}

/** No response within `timeoutMs`. */
export class GatehouseTimeout extends Error {
  override readonly name = 'GatehouseTimeout'
  readonly outcome = 'timed_out'
}

export type GatehouseFailure = GatehouseProblem | GatehouseUnreachable | GatehouseTimeout

/** Whether a caught value is a failure of a call, rather than a fault of the program. */
export const isGatehouseFailure = (error: unknown): error is GatehouseFailure =>
  error instanceof GatehouseProblem ||
  error instanceof GatehouseUnreachable ||
  error instanceof GatehouseTimeout

function outcomeOf({ status, code }: Problem): GatehouseProblem['outcome'] {
  if (code === 'invalid_access_token' || code === 'invalid_refresh_token') return 'unauthorised'
  return status < 500 ? 'refused' : 'failed'
}

/** Returns the failure for an unsuccessful response. */
export function refusal(response: Response, body: unknown): GatehouseFailure {
  if (!isProblem(body)) {
    return new GatehouseUnreachable(`${response.status} came from something that is not Gatehouse`)
  }
  const seconds = response.headers.get('retry-after')
  return new GatehouseProblem(body, seconds === null ? undefined : Number(seconds))
}

export const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && 'request_id' in body
