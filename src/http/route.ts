/**
 * A route is data: what it takes, who may call it, what it answers, and the verb behind it. The same
 * declaration mounts it, validates for it, guards it, documents it (openapi.ts) and lists it in tests,
 * so none of these can tell another story.
 */
import type { Context, Next } from 'hono'
import type { Hono } from 'hono/tiny'
import type * as z from 'zod'
import type { Actor, Deps, Principal, RequiredAction, WriteKind } from '../context'
import type { ErrorCode, ErrorKind } from '../errors'
import { once } from '../once'
import { jsonBody } from './body'
import { guardStream } from './guard-stream'
import type { OAuthErrorCode } from './oauth-error'
import { standingHeaders } from './security-headers'
import { type Refine, type Fields, type Parsed, skip, validated } from './validated'

/**
 * A permission is asked of a session or of an API key, unless the route says by which alone.
 * A route with `requiredActions` completes these actions, so it also admits sessions that are
 * restricted by one of them.
 * `own_token` takes an access token that the verb checks itself, in the one call that it makes anyway. `app`:
 * an app or a resource server by its own credentials; `app_token`: an app's access token. Verbs check both.
 */
export type Access = 'anyone' | 'own_token' | 'app' | 'app_token' | GuardedAccess
export type GuardedAccess = 'session' | CompletesRequiredActions | NeedsPermission
export interface CompletesRequiredActions {
  readonly requiredActions: readonly RequiredAction[]
}
export interface NeedsPermission {
  readonly permission: string
  readonly by?: 'session' | 'api_key'
  /** A session must have proved recently who acts. API keys are not asked. */
  readonly stepUp?: true
  /** The verb counts the requests of a key: not all of them cost the same. */
  readonly counted?: 'by_verb'
}
type ActorOf<A extends Access> = A extends NeedsPermission
  ? A extends { readonly by: 'session' }
    ? Principal
    : Actor
  : A extends GuardedAccess
    ? Principal
    : null

export type AppEnv = {
  Bindings: Env
  Variables: {
    deps: Deps
    requestId: string
    /** The declared path of the route that answers. */
    route?: string
    /** Who acts; null where nobody need be signed in. */
    actor?: Actor | null
    token?: string | undefined
    /** Errors are answered in OAuth's form. */
    isOAuth?: true
    /** The headers of a hosted page, which take the place of the API's. */
    pageHeaders?: Readonly<Record<string, string>>
  }
}

export interface Answer {
  readonly status: 200 | 201 | 202 | 204
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

export interface Documented {
  readonly description: string
  /** `answerSchema` or `z.lazy`, so that it is built with the document. */
  readonly schema?: z.ZodType
  readonly contentType?: string
  /** Other content types of the same answer, for who asks for them; of lines, what one of them is. */
  readonly alsoAs?: Readonly<Record<string, z.ZodType>>
  /** Where one that is made from the schema would tell nothing. */
  readonly example?: unknown
}

/** A code, with its kind where this route answers another than the catalogue says. */
export type DocumentedProblem = ErrorCode | { readonly code: ErrorCode; readonly kind: ErrorKind }

/** What only the OpenAPI document reads. The deployed Worker is built without it (`__DOCS__`). */
export interface RouteDocs {
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** A body, where the required fields alone make none that would be taken. */
  readonly example?: unknown
  readonly answers: Readonly<Record<number, Documented>>
  /** The codes of its own; those of validation, body, access and faults follow from the rest. */
  readonly problems?: readonly DocumentedProblem[]
}

/** What a handler gets: everything validated, and who acts when the route asks for somebody. */
export interface Handled<A extends Access, B extends Fields, Q extends Fields, P extends Fields> {
  readonly deps: Deps
  readonly body: Parsed<B>
  readonly query: Parsed<Q>
  readonly params: Parsed<P>
  readonly principal: ActorOf<A>
  readonly token: string | undefined
  /** For bodies that the route reads itself. */
  readonly request: Request
}

export interface RouteSpec<
  A extends Access = Access,
  B extends Fields = Fields,
  Q extends Fields = Fields,
  P extends Fields = Fields,
> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** With `{name}` for parameters, as OpenAPI writes them. */
  readonly path: `/${string}`
  readonly access: A
  readonly body?: B
  readonly query?: Q
  readonly params?: P
  /** A GET that leaves an audit row, and so counts as a write. */
  readonly isRecorded?: true
  /** The content type of a body that the route reads itself. */
  readonly rawBody?: string
  /** Rules that need the configuration; their failures are named beside the schema's own. */
  readonly refine?: Refine
  /** Errors that it answers in OAuth's form; absent for all other routes. */
  readonly oauthErrors?: readonly OAuthErrorCode[]
  /** Pages of any origin may call it, without cookies. */
  readonly isOpenToOrigins?: true
  /** Bytes; 64 KiB unless a route says more. */
  readonly maxBodyBytes?: number
  readonly docs: RouteDocs | false
}

/** A route with its types closed over: ready to be mounted and documented. */
export interface Route extends RouteSpec {
  readonly mount: (app: Hono<AppEnv>, guard: Guard) => void
}

export type Guard = (
  deps: Deps,
  access: GuardedAccess,
  token: string | undefined,
  write: WriteKind | undefined,
) => Promise<Actor>

/** Declares a route. The handler returns an Answer, or a Response of its own making for streams. */
export function route<
  const A extends Access,
  B extends Fields = undefined,
  Q extends Fields = undefined,
  P extends Fields = undefined,
>(
  spec: RouteSpec<A, B, Q, P>,
  handle: (request: Handled<A, B, Q, P>) => Promise<Answer | Response>,
): Route {
  const body = spec.body && once(spec.body)
  return {
    ...spec,
    mount: (app, guard) =>
      app.on(
        spec.method.toUpperCase(),
        patternOf(spec),
        // Who asks is settled before anything is read: strangers learn nothing from a validation.
        guarded(spec, guard),
        validated('param', spec.params),
        validated('query', spec.query),
        body ? jsonBody(body, spec.maxBodyBytes) : skip,
        validated('json', body, { refine: spec.refine }),
        async function handled(c) {
          const deps = c.get('deps')
          const token = c.get('token')
          const answer = await handle({
            deps,
            params: c.req.valid('param'),
            query: c.req.valid('query'),
            body: c.req.valid('json'),
            // Sound: the guard admits whom the access asks for.
            principal: c.get('actor') as ActorOf<A>,
            token,
            request: c.req.raw,
          })
          return answer instanceof Response
            ? guardStream(answer, deps)
            : respond(answer, deps.requestId, token !== undefined || hasSecret(answer))
        },
      ),
  }
}

const guarded = (spec: RouteSpec, guard: Guard) =>
  async function guarded(c: Context<AppEnv>, next: Next): Promise<void> {
    c.set('route', spec.path)
    const deps = c.get('deps')
    const token = bearer(c)
    const actor = isGuarded(spec.access)
      ? await guard(deps, spec.access, token, writeOf(spec))
      : null
    c.set('token', token)
    c.set('actor', actor)
    if (actor?.apiKeyId) c.set('deps', { ...deps, apiKeyId: actor.apiKeyId })
    await next()
  }

export const isGuarded = (access: Access): access is GuardedAccess =>
  typeof access === 'object' || access === 'session'

export const needsPermission = (access: Access): access is NeedsPermission =>
  typeof access === 'object' && 'permission' in access

/** What a call of the route is counted as (sessions/object/write-budget.ts); undefined for one that only reads. */
export function writeOf({
  access,
  method,
  isRecorded,
}: Pick<RouteSpec, 'access' | 'method' | 'isRecorded'>): WriteKind | undefined {
  if (!isGuarded(access) || (method === 'get' && !isRecorded)) return undefined
  return needsPermission(access) ? 'staff' : 'own'
}

/** `Bearer <token>` (RFC 6750 section 2.1); the scheme's case does not matter. */
const BEARER = /^Bearer +([\w.~+/-]+=*)$/i

export const bearer = (c: Context<AppEnv>): string | undefined =>
  BEARER.exec(c.req.header('authorization') ?? '')?.[1]

/** Fields of answers to callers who are not signed in, which no cache may keep. */
const SECRETS = ['access_token', 'challenge_token', 'recovery_codes'] as const

const hasSecret = ({ body }: Answer): boolean =>
  typeof body === 'object' && body !== null && SECRETS.some((name) => name in body)

function respond(answer: Answer, requestId: string, isPrivate: boolean): Response {
  const headers = { ...standingHeaders(requestId), ...answer.headers }
  if (isPrivate) headers['cache-control'] = 'no-store'
  if (answer.body === undefined) return new Response(null, { status: answer.status, headers })
  headers['content-type'] = 'application/json; charset=utf-8'
  return new Response(JSON.stringify(answer.body), { status: answer.status, headers })
}

/** The path as Hono writes it. */
export const patternOf = ({ path }: Pick<RouteSpec, 'path'>): string =>
  path.replaceAll(/\{(\w+)\}/g, ':$1')
