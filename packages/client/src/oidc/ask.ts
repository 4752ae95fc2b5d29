/** Requests to the service, with a time limit, and answers that are JSON or a failure. */
import { GatehouseSignInError, oauthError } from './failure.ts'

export type Fetch = (request: Request) => Promise<Response>
export type Json = Readonly<Record<string, unknown>>

export interface Asking {
  readonly fetch: Fetch
  readonly timeoutMs: number
}

/**
 * Returns the JSON object of a successful answer. Redirects are not followed: a code or a token is sent to
 * the address that the discovery document names and to no other.
 */
export async function ask(
  { fetch, timeoutMs }: Asking,
  url: string,
  init: RequestInit = {},
): Promise<Json> {
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), timeoutMs)
  try {
    const response = await fetch(
      new Request(url, { ...init, redirect: 'manual', signal: limit.signal }),
    )
    const text = await response.text()
    const body = objectOf(text)
    if (response.ok && (body || text === '')) return body ?? {}
    if (typeof body?.['error'] === 'string') {
      throw oauthError(body['error'], body['error_description'], response.status)
    }
    if (response.status >= 500) throw oauthError('server_error', undefined, response.status)
    // A resource refuses a token by a header (RFC 6750, section 3), and may say nothing else.
    if (response.status === 401) throw oauthError('invalid_token', undefined, 401)
    throw unreachable(`${response.status} came from something that is not Gatehouse`)
  } catch (error) {
    if (error instanceof GatehouseSignInError) throw error
    if (limit.signal.aborted) {
      throw new GatehouseSignInError('timed_out', 'timed_out', `No answer within ${timeoutMs} ms`)
    }
    throw unreachable('The service cannot be reached', { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

const unreachable = (message: string, options?: ErrorOptions) =>
  new GatehouseSignInError('unreachable', 'unreachable', message, options)

function objectOf(text: string): Json | undefined {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null && !Array.isArray(body)
      ? (body as Json)
      : undefined
  } catch {
    return undefined
  }
}
