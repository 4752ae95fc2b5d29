import type { DomainError } from '../../errors'
import { STATUS_OF } from '../../http/problem'

const UNAVAILABLE_SECONDS = 5

/** The Retry-After header of a refusal that time alone ends (429, 503); none for others. */
export function retryAfterHeader(error: DomainError): Readonly<Record<string, string>> {
  const isUnavailable = STATUS_OF[error.kind] === STATUS_OF.unavailable
  const seconds = error.retryAfter ?? (isUnavailable ? UNAVAILABLE_SECONDS : undefined)
  return seconds === undefined ? {} : { 'retry-after': String(Math.ceil(seconds)) }
}
