/**
 * Log lines for operators: one JSON object each, with the name of what happened and the id of the request,
 * message or job it happened in. Fields never hold an address, a network, a token or an error's message,
 * which may quote SQL with its parameters (test/logs.test.ts). Reasons in the log are not for callers.
 */
/** What a line comes from: verbs pass their Deps. */
export interface LogSource {
  readonly requestId: string
}
type Fields = Readonly<Record<string, unknown>>

/** `source` is null only for what belongs to no request, such as the settings of an isolate. */
const line = (event: string, source: LogSource | null, fields: Fields): string =>
  JSON.stringify({ event, request_id: source?.requestId ?? null, ...fields })

export const log = {
  info: (event: string, source: LogSource | null, fields: Fields = {}): void =>
    console.log(line(event, source, fields)),
  warn: (event: string, source: LogSource | null, fields: Fields = {}): void =>
    console.warn(line(event, source, fields)),
  error: (event: string, source: LogSource | null, fields: Fields = {}): void =>
    console.error(line(event, source, fields)),
}

/** The name of an error, which is all of it that may be logged. */
export const errorName = (error: unknown): string =>
  error instanceof Error ? error.name : 'unknown'
