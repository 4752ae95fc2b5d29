/** The headers of problems in the OpenAPI document. */
import type { ProblemOfRoute } from './problem-examples'

type Json = Record<string, unknown>

export const HEADER_COMPONENTS: Json = {
  RetryAfter: { description: 'Seconds to wait', required: true, schema: { type: 'integer' } },
  Authenticate: { description: 'See RFC 9110', required: true, schema: { type: 'string' } },
  Challenge: {
    description:
      'If the request had an Authorization header, or has none where a token belongs (RFC 6749 section 5.2, RFC 6750 section 3)',
    schema: { type: 'string' },
  },
  StepUp: {
    description: 'If a recent proof of who you are would lift the refusal (RFC 9470)',
    schema: { type: 'string' },
    example:
      'Bearer error="insufficient_user_authentication", error_description="Prove again who you are with POST /api/v1/auth/step-up", max_age=600',
  },
}

const HEADERS: Readonly<Record<string, Json>> = {
  401: { 'WWW-Authenticate': { $ref: '#/components/headers/Authenticate' } },
  429: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } },
  503: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } },
}

/** A 403 that a proof would lift says so in a header (RFC 9470). */
const STEP_UP_HEADERS = { 'WWW-Authenticate': { $ref: '#/components/headers/StepUp' } }
const mayAskForProof = (codes: readonly ProblemOfRoute[]): boolean =>
  codes.some(({ code }) => code === 'step_up_required' || code === 'two_factor_required')

/** The headers of a response with these problems. */
export const headersOf = (status: string, codes: readonly ProblemOfRoute[]): Json | undefined =>
  mayAskForProof(codes) ? STEP_UP_HEADERS : HEADERS[status]
