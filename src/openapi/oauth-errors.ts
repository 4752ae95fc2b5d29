/** The errors of the OAuth routes in the OpenAPI document: OAuth's own form instead of problems. */
import * as z from 'zod'
import type { OAuthErrorCode } from '../http/oauth-error'
import type { RouteSpec } from '../http/route'

type Json = Record<string, unknown>

/** RFC 6749 section 5.2. */
export function oauthErrorSchema(): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(
    z.object({
      error: z.string().meta({ example: 'invalid_request' }),
      error_description: z.string().optional().meta({ description: 'For developers' }),
    }),
  )
  return schema
}

const STATUS: Partial<Record<OAuthErrorCode, number>> = {
  invalid_client: 401,
  invalid_token: 401,
  insufficient_scope: 403,
}

/** Every error of a route by its status: those that it declares, and those that follow from the rest. */
export function oauthErrorsOf(
  route: Pick<RouteSpec, 'access' | 'body' | 'oauthErrors'>,
): Map<number, OAuthErrorCode[]> {
  const { access, body, oauthErrors = [] } = route
  const all: [number, OAuthErrorCode][] = [
    ...oauthErrors.map((code): [number, OAuthErrorCode] => [STATUS[code] ?? 400, code]),
    [500, 'server_error'],
    [503, 'temporarily_unavailable'],
  ]
  if (access === 'app') all.push([429, 'temporarily_unavailable'])
  if (body) all.push([413, 'invalid_request'], [415, 'invalid_request'])
  const byStatus = new Map<number, OAuthErrorCode[]>()
  for (const [status, code] of all) byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  return byStatus
}

const RETRY_AFTER = { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }
/** Not on every 401: a client that sent no header gets no challenge, or browsers would ask their user. */
const CHALLENGE = { 'WWW-Authenticate': { $ref: '#/components/headers/Challenge' } }

/** The responses of a route in the document. */
export const oauthErrorResponses = (route: RouteSpec): [string, Json][] =>
  Array.from(oauthErrorsOf(route), ([status, codes]) => [
    String(status),
    {
      description: codes.map((code) => `\`${code}\``).join(', '),
      ...(status in { 429: 1, 503: 1 } && { headers: RETRY_AFTER }),
      ...((status === 401 || status === 403) && { headers: CHALLENGE }),
      content: {
        'application/json': {
          schema: { $ref: '#/components/schemas/OAuthError' },
          examples: Object.fromEntries(codes.map((code) => [code, { value: { error: code } }])),
        },
      },
    },
  ])
