/**
 * An error whose message tells the user everything they need. It is printed without a stack trace.
 */
export class CliError extends Error {
  override readonly name = 'Refusal'
}
