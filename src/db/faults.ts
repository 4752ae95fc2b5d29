/**
 * Reading what a failed D1 call means. Drizzle wraps single statements in an error whose message
 * holds the SQL and its parameters: that one is never read, for a parameter may say anything, and
 * none is ever logged or shown.
 */
import { DrizzleQueryError } from 'drizzle-orm'

/** The messages of an error and of what caused it: D1's own stands in `cause` for single statements. */
function messagesOf(error: unknown): string {
  const parts: string[] = []
  for (let at = error; at instanceof Error && parts.length < 5; at = at.cause)
    parts.push(at instanceof DrizzleQueryError ? '' : at.message)
  return parts.join('\n')
}

/** True when a UNIQUE constraint on exactly this column refused the statement. */
export const isUniqueViolation = (error: unknown, column: `${string}.${string}`): boolean =>
  /UNIQUE constraint failed: ([\w., ]+)/.exec(messagesOf(error))?.[1] === column

/** The name of the precondition that aborted the batch, if one did. */
export const failedPrecondition = (error: unknown): string | undefined =>
  /precondition:([a-z_]+)/.exec(messagesOf(error))?.[1]

/**
 * True when the platform failed rather than our statement: SQL that D1 parsed and refused names an
 * SQLITE_ code, parameters that it cannot bind are refused before, and both would fail again.
 * Everything else that D1 or an object throws may pass next time.
 */
export function isPassingFault(error: unknown): boolean {
  const messages = messagesOf(error)
  if (/SQLITE_(ERROR|CONSTRAINT|MISMATCH|RANGE|AUTH|TOOBIG)/.test(messages)) return false
  if (/D1_TYPE_ERROR|Wrong number of parameter bindings/.test(messages)) return false
  if (/D1_|D1 DB|Network connection lost|Durable Object|internal error/i.test(messages)) return true
  return error instanceof Error && ('retryable' in error || 'overloaded' in error)
}
