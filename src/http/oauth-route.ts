/**
 * A route of OAuth 2.1 and OpenID Connect: an ordinary route, with OAuth's rules for parameters (RFC 6749
 * section 3.1) and OAuth's errors. Unknown parameters are ignored, empty ones count as absent, and none but
 * `resource` (RFC 8707) may be repeated.
 */
import type { Context } from 'hono'
import type * as z from 'zod'
import type { Deps } from '../context'
import { once } from '../once'
import { readForm } from './body'
import { guardStream } from './guard-stream'
import { OAuthError, type OAuthErrorCode } from './oauth-error'
import { type Answer, type AppEnv, bearer, patternOf, type Route, type RouteSpec } from './route'
import { standingHeaders } from './security-headers'
import type { Fields, Parsed } from './validated'

export interface OAuthRouteSpec<F extends Fields> extends Pick<
  RouteSpec,
  'method' | 'path' | 'isOpenToOrigins' | 'docs'
> {
  readonly access: 'anyone' | 'app' | 'app_token'
  /** Parameters: of the form, or for GET of the query. */
  readonly parameters?: F
  readonly errors: readonly OAuthErrorCode[]
}

export interface OAuthHandled<F extends Fields> {
  readonly deps: Deps
  readonly parameters: Parsed<F>
  /** `Authorization: Bearer`, if that is what was sent. */
  readonly token: string | undefined
  readonly request: Request
}

/** Declares a route. The handler throws OAuthError for what it refuses. */
export function oauthRoute<F extends Fields = undefined>(
  { parameters, errors, ...spec }: OAuthRouteSpec<F>,
  handle: (request: OAuthHandled<F>) => Promise<Answer | Response>,
): Route {
  const schema = parameters && once(parameters)
  const isGet = spec.method === 'get'
  return {
    ...spec,
    ...(schema && (isGet ? { query: schema } : { body: schema })),
    oauthErrors: errors,
    mount: (app) =>
      app.on(spec.method.toUpperCase(), patternOf(spec), async function handled(c) {
        c.set('route', spec.path)
        c.set('isOAuth', true)
        const deps = c.get('deps')
        const sent = schema && (isGet ? queryOf(c) : await formOf(c.req.raw))
        const answer = await handle({
          deps,
          // Sound: without a schema `Parsed` is undefined.
          parameters: (schema && sent ? parsed(schema(), sent) : undefined) as Parsed<F>,
          token: bearer(c),
          request: c.req.raw,
        })
        return answer instanceof Response
          ? guardStream(answer, deps)
          : respond(answer, deps.requestId)
      }),
  }
}

const queryOf = (c: Context<AppEnv>): URLSearchParams => new URL(c.req.url).searchParams

/** A POST without a body has no parameters, as when the userinfo route is asked with a token in the header. */
const formOf = async (request: Request): Promise<URLSearchParams> => {
  const { headers, body } = request
  const isEmpty = body === null || headers.get('content-length') === '0'
  return isEmpty && !headers.has('content-type') ? new URLSearchParams() : readForm(request)
}

const REPEATABLE: ReadonlySet<string> = new Set(['resource'])

/**
 * Parameters by name: text, or for `resource` a list. Throws `invalid_request` for a repeated one
 * (RFC 6749 section 3.1).
 */
export function parametersOf(sent: URLSearchParams): Record<string, string | string[]> {
  const names = [...new Set(sent.keys())]
  const repeated = names.filter((name) => !REPEATABLE.has(name) && sent.getAll(name).length > 1)
  if (repeated.length > 0) {
    throw new OAuthError('invalid_request', `Repeated: ${repeated.map(asAscii).join(', ')}`)
  }
  return Object.fromEntries(
    names.flatMap((name) => {
      const values = sent.getAll(name).filter((value) => value !== '')
      const [value] = values
      if (value === undefined) return []
      return [[name, REPEATABLE.has(name) ? values : value] as const]
    }),
  )
}

function parsed<S extends z.ZodObject>(schema: S, sent: URLSearchParams): z.output<S> {
  const result = schema.safeParse(parametersOf(sent), { reportInput: true })
  if (result.success) return result.data
  const faults = result.error.issues.map(({ path, input, message }) => {
    const name = asAscii(String(path[0] ?? 'parameters'))
    return input === undefined ? `${name} is missing` : `${name}: ${message}`
  })
  throw new OAuthError('invalid_request', [...new Set(faults)].join('; '))
}

/** The characters of an `error_description` (RFC 6749 section 5.2). */
export const asAscii = (text: string): string =>
  text.slice(0, 100).replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')

function respond(answer: Answer, requestId: string): Response {
  const headers: Record<string, string> = {
    ...standingHeaders(requestId),
    'cache-control': 'no-store',
    ...answer.headers,
  }
  if (answer.body === undefined) return new Response(null, { status: answer.status, headers })
  headers['content-type'] ??= 'application/json; charset=utf-8'
  return new Response(JSON.stringify(answer.body), { status: answer.status, headers })
}
