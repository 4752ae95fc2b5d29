/** The only way from an error to a response: application/problem+json (RFC 9457). */
import { isPassingFault } from '../db/faults'
import {
  DomainError,
  type ErrorCode,
  type ErrorKind,
  ERRORS,
  type FieldIssue,
  type ProofMethod,
  type StepUpDemand,
} from '../errors'

export const STATUS_OF = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  too_large: 413,
  unsupported_media: 415,
  invalid: 422,
  throttled: 429,
  internal: 500,
  unavailable: 503,
} as const satisfies Record<ErrorKind, number>

interface Problem {
  type: string
  title: string
  status: number
  detail: string
  instance: string
  code: ErrorCode
  request_id: string
  errors?: FieldIssue[]
  step_up?: { max_age: number; methods: readonly ProofMethod[] }
}

const RETRY_AFTER_SECONDS = 5

/** What the caller is told of an error: a DomainError's own words, and nothing at all of any other. */
export const toDomainError = (error: unknown): DomainError => {
  if (error instanceof DomainError) return error
  return isPassingFault(error)
    ? new DomainError('unavailable', { cause: error })
    : new DomainError('internal', { cause: error })
}

/** The response for an error. `instance` is the path that was asked for. */
export function problemResponse(
  error: DomainError,
  about: { requestId: string; instance: string; publicUrl?: string | undefined },
): Response {
  const status = STATUS_OF[error.kind]
  const problem: Problem = {
    type: `${about.publicUrl ?? ''}/problems/${error.code}`,
    title: ERRORS[error.code][1],
    status,
    detail: error.message,
    instance: about.instance,
    code: error.code,
    request_id: about.requestId,
    ...(error.issues && { errors: error.issues }),
    ...(error.stepUp && {
      step_up: { max_age: error.stepUp.maxAge, methods: error.stepUp.methods },
    }),
  }
  const headers = new Headers({
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
  })
  if (status === 401) headers.set('www-authenticate', 'Bearer')
  if (error.stepUp) headers.set('www-authenticate', stepUpChallenge(error.stepUp))
  const retryAfter = error.retryAfter ?? (status === 503 ? RETRY_AFTER_SECONDS : undefined)
  if (retryAfter !== undefined) headers.set('retry-after', String(Math.ceil(retryAfter)))
  return new Response(JSON.stringify(problem), { status, headers })
}

/** RFC 9470 section 3. The status is 403: the access token is valid, and clients must not drop it. */
const stepUpChallenge = ({ maxAge }: StepUpDemand): string =>
  `Bearer error="insufficient_user_authentication", error_description="${STEP_UP_HINT}", max_age=${maxAge}`

const STEP_UP_HINT = 'Prove again who you are with POST /api/v1/auth/step-up'
