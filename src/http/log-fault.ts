import { ConfigError } from '../config'
import { DomainError } from '../errors'
import { log } from '../log'
import { toDomainError } from './problem'

/**
 * The problem that the caller gets for an error. A faulty configuration is `unavailable` and nothing
 * more, unless the caller is the developer (`isShown`): then it names the settings at fault.
 */
export function problemOf(error: unknown, isShown: boolean): DomainError {
  if (!(error instanceof ConfigError)) return toDomainError(error)
  if (!isShown) return new DomainError('unavailable')
  const detail = `Invalid settings: ${error.message}`
  return new DomainError('unavailable', { detail, cause: error })
}

/** Faults are logged by name alone: their messages may hold SQL with its parameters. */
export function logFault(error: unknown, problem: DomainError, requestId: string): void {
  if (error instanceof ConfigError) {
    // Names variables, never values.
    log.error('config_invalid', { requestId }, { reason: error.message })
    return
  }
  if (problem.kind !== 'internal' && problem.kind !== 'unavailable') return
  const cause = problem.cause instanceof Error ? problem.cause : problem
  const at = (cause.stack ?? '')
    .replace(cause.message, '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 5)
  log.error('request_failed', { requestId }, { code: problem.code, error: cause.name, at })
}
