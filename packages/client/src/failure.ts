/**
 * The ways in which a call ends without the answer that was asked for. Every one of them is an Error
 * with an `outcome`, which is all that a caller need look at:
 *
 *   unauthorised   the token is missing, expired or revoked: sign in again
 *   refused        the service has understood, and says no: `code`, `errors`, `retryAfter` say why
 *   failed         the service has a fault of its own, which passes: `retryAfter` says when
 *   unreachable    nothing answered, or something that is not Gatehouse
 *   timed_out      it took longer than `timeoutMs`; whether it has happened is not known
 */
import type { Problem } from './api.ts'

export type ProblemCode = Problem['code']
export type FieldIssue = NonNullable<Problem['errors']>[number]

/** What the service answered (RFC 9457). `message` is for people, `code` for programs. */
export class GatehouseProblem extends Error {
  override readonly name = 'GatehouseProblem'
  readonly outcome: 'unauthorised' | 'refused' | 'failed'
  readonly status: number
  readonly code: ProblemCode
  /** The failing fields, all of them, when `code` is `validation_failed`. */
  readonly errors: readonly FieldIssue[]
  /** Names the request in the service's log. */
  readonly requestId: string
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number | undefined

  constructor(problem: Problem, retryAfter?: number) {
    super(problem.detail)
    this.outcome = outcomeOf(problem)
    this.status = problem.status
    this.code = problem.code
    this.errors = problem.errors ?? []
    this.requestId = problem.request_id
    this.retryAfter = retryAfter
  }
}

/** Nothing answered, or something that is not Gatehouse; `cause` is what the platform said. */
export class GatehouseUnreachable extends Error {
  override readonly name = 'GatehouseUnreachable'
  readonly outcome = 'unreachable'
}

/** No answer within `timeoutMs`. */
export class GatehouseTimeout extends Error {
  override readonly name = 'GatehouseTimeout'
  readonly outcome = 'timed_out'
}

export type GatehouseFailure = GatehouseProblem | GatehouseUnreachable | GatehouseTimeout

/** Whether something that was caught is a failure of a call, and not a fault of the program. */
export const isGatehouseFailure = (error: unknown): error is GatehouseFailure =>
  error instanceof GatehouseProblem ||
  error instanceof GatehouseUnreachable ||
  error instanceof GatehouseTimeout

function outcomeOf({ status, code }: Problem): GatehouseProblem['outcome'] {
  if (code === 'invalid_access_token' || code === 'invalid_refresh_token') return 'unauthorised'
  return status < 500 ? 'refused' : 'failed'
}

/** The failure that a response is which is no success. */
export function refusal(response: Response, body: unknown): GatehouseFailure {
  if (!isProblem(body)) {
    return new GatehouseUnreachable(`${response.status} came from something that is not Gatehouse`)
  }
  const seconds = response.headers.get('retry-after')
  return new GatehouseProblem(body, seconds === null ? undefined : Number(seconds))
}

export const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && 'request_id' in body
