/**
 * Interprets errors of D1. Drizzle wraps single statements in an error whose message contains the
 * SQL and its parameters. That message is never read, because a parameter may contain any text, and
 * parameters are never logged or shown.
 */
import { DrizzleQueryError } from 'drizzle-orm'

/** The messages of an error and its causes. For single statements, D1's own error is in `cause`. */
function messagesOf(error: unknown): string {
  const parts: string[] = []
  for (let at = error; at instanceof Error && parts.length < 5; at = at.cause)
    parts.push(at instanceof DrizzleQueryError ? '' : at.message)
  return parts.join('\n')
}

/** True if a UNIQUE constraint on exactly this column failed. */
export const isUniqueViolation = (error: unknown, column: `${string}.${string}`): boolean =>
  /UNIQUE constraint failed: ([\w., ]+)/.exec(messagesOf(error))?.[1] === column

/** The name of the precondition that aborted the batch, if one did. */
export const failedPrecondition = (error: unknown): string | undefined =>
  /precondition:([a-z_]+)/.exec(messagesOf(error))?.[1]

/**
 * True if the platform failed temporarily. SQL that D1 rejects has an SQLITE_ code in the message,
 * and parameters that cannot be bound are rejected before that; both would fail again. Everything
 * else that D1 or a Durable Object throws may succeed next time.
 */
export function isPassingFault(error: unknown): boolean {
  const messages = messagesOf(error)
  if (/SQLITE_(ERROR|CONSTRAINT|MISMATCH|RANGE|AUTH|TOOBIG)/.test(messages)) return false
  if (/D1_TYPE_ERROR|Wrong number of parameter bindings/.test(messages)) return false
  if (/D1_|D1 DB|Network connection lost|Durable Object|internal error/i.test(messages)) return true
  return error instanceof Error && ('retryable' in error || 'overloaded' in error)
}
