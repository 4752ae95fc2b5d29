/** Errors of the OAuth routes, in OAuth's own form (RFC 6749 section 5.2). */
import type { DomainError } from '../errors'

/** RFC 6749, RFC 7009, RFC 8628, RFC 8707, OpenID Connect Core, RFC 9470. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_token_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'temporarily_unavailable'
  | 'server_error'
  | 'authorization_pending'
  | 'slow_down'
  | 'expired_token'
  | 'access_denied'
  | 'unsupported_response_type'
  | 'unsupported_response_mode'
  | 'login_required'
  | 'interaction_required'
  | 'consent_required'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'registration_not_supported'
  | 'unmet_authentication_requirements'

export interface OAuthErrorMore {
  readonly status?: 400 | 401 | 403 | 413 | 415 | 429 | 500 | 503
  /** Seconds. */
  readonly retryAfter?: number | undefined
  readonly headers?: Readonly<Record<string, string>>
}

/** `description` is shown to developers: ASCII without quotes and backslashes (RFC 6749 section 5.2). */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly status: number

  constructor(
    readonly code: OAuthErrorCode,
    readonly description: string,
    readonly more: OAuthErrorMore = {},
  ) {
    super(`${code}: ${description}`)
    this.status = more.status ?? (code === 'invalid_client' ? 401 : 400)
  }
}

const RETRY_AFTER_SECONDS = 5

/** The response of a refusal. */
export function oauthErrorResponse(error: OAuthError): Response {
  const { code, description, status, more } = error
  const headers = new Headers({
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...more.headers,
  })
  const retryAfter = more.retryAfter ?? (status === 503 ? RETRY_AFTER_SECONDS : undefined)
  if (retryAfter !== undefined) headers.set('retry-after', String(Math.ceil(retryAfter)))
  return new Response(JSON.stringify({ error: code, error_description: description }), {
    status,
    headers,
  })
}

/** A refusal of the rest of the service, in OAuth's form. */
export function toOAuthError(error: DomainError): OAuthError {
  const { message, retryAfter } = error
  switch (error.kind) {
    case 'throttled':
      return new OAuthError('temporarily_unavailable', message, { status: 429, retryAfter })
    case 'unavailable':
      return new OAuthError('temporarily_unavailable', message, { status: 503, retryAfter })
    case 'internal':
      return new OAuthError('server_error', 'Internal error', { status: 500 })
    case 'too_large':
      return new OAuthError('invalid_request', message, { status: 413 })
    case 'unsupported_media':
      return new OAuthError('invalid_request', 'Send application/x-www-form-urlencoded', {
        status: 415,
      })
    default:
      return new OAuthError('invalid_request', message)
  }
}
