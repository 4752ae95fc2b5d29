import { ConfigError } from '../config'
import { DomainError } from '../errors'
import { toDomainError } from './problem'

/** What the caller is told of an error; a service that is not fit to serve says only that. */
export const problemOf = (error: unknown): DomainError =>
  error instanceof ConfigError ? new DomainError('unavailable') : toDomainError(error)

/** Faults are logged by name alone: their messages may hold SQL with its parameters. */
export function logFault(error: unknown, problem: DomainError, requestId: string): void {
  if (error instanceof ConfigError) {
    // Names variables, never values.
    console.error(
      JSON.stringify({ event: 'config_invalid', request_id: requestId, reason: error.message }),
    )
    return
  }
  if (problem.kind !== 'internal' && problem.kind !== 'unavailable') return
  const cause = problem.cause instanceof Error ? problem.cause : problem
  console.error(
    JSON.stringify({
      event: 'request_failed',
      request_id: requestId,
      code: problem.code,
      error: cause.name,
      at: (cause.stack ?? '')
        .replace(cause.message, '')
        .split('\n')
        .filter((line) => /^\s+at /.test(line))
        .slice(0, 5),
    }),
  )
}
