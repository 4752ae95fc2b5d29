/**
 * A route is data: what it takes, who may call it, what it answers, and the verb behind it. The same
 * declaration mounts it, validates for it, guards it, documents it (openapi.ts) and lists it in tests,
 * so none of these can tell another story.
 */
import type { Context } from 'hono'
import type { Hono } from 'hono/tiny'
import type * as z from 'zod'
import type { Actor, Deps, Principal, RequiredAction, WriteKind } from '../context'
import { DomainError, type ErrorCode, type ErrorKind, type FieldIssue } from '../errors'
import { readBody, validate } from './body'
import { watched } from './guard-stream'
import { standingHeaders } from './security-headers'

/**
 * A permission is asked of a session or of an API key, unless the route says by which alone. `cures`
 * also lets in the sessions under one of these restrictions; `own_token` takes an access token that the
 * verb checks itself, in the one call that it makes anyway.
 */
export type Access = 'anyone' | 'own_token' | GuardedAccess
export type GuardedAccess = 'session' | Cures | NeedsPermission
export interface Cures {
  readonly cures: readonly RequiredAction[]
}
export interface NeedsPermission {
  readonly permission: string
  readonly by?: 'session' | 'api_key'
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
    route?: string
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
  /** Only the document reads it: `z.lazy` keeps it from being built at every start. */
  readonly schema?: z.ZodType
  readonly contentType?: string
  /** Other content types of the same answer, for who asks for them; of lines, what one of them is. */
  readonly alsoAs?: Readonly<Record<string, z.ZodType>>
  /** Where one that is made from the schema would tell nothing. */
  readonly example?: unknown
}

/** A code, with its kind where this route answers another than the catalogue says. */
export type DocumentedProblem = ErrorCode | { readonly code: ErrorCode; readonly kind: ErrorKind }

type Fields = z.ZodObject | undefined
type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined

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
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly access: A
  readonly body?: B
  readonly query?: Q
  readonly params?: P
  /** A GET that leaves an audit row, and so counts as a write. */
  readonly isRecorded?: true
  /** The content type of a body that the route reads itself. */
  readonly rawBody?: string
  /** A body for the document, where the required fields alone make none that would be taken. */
  readonly example?: unknown
  /** Rules that need the configuration; their failures are named beside the schema's own. */
  readonly alsoCheck?: (deps: Deps, raw: Readonly<Record<string, unknown>>) => FieldIssue[]
  /** Bytes; 64 KiB unless a route says more. */
  readonly maxBodyBytes?: number
  readonly answers: Readonly<Record<number, Documented>>
  /** The codes of its own; those of validation, body, access and faults follow from the rest. */
  readonly problems?: readonly DocumentedProblem[]
}

/** A route with its types closed over: ready to be mounted and documented. */
export interface Route extends RouteSpec {
  readonly respond: (c: Context<AppEnv>, guard: Guard) => Promise<Response>
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
  return {
    ...(spec as RouteSpec),
    respond: async (c, guard) => {
      const deps = c.get('deps')
      const token = bearer(c)
      // Who asks is settled before the body is read: strangers learn nothing from a validation.
      const principal = isGuarded(spec.access)
        ? await guard(deps, spec.access, token, writeOf(spec))
        : null
      const acting = principal?.apiKeyId ? { ...deps, apiKeyId: principal.apiKeyId } : deps
      const params = spec.params && validate(spec.params, c.req.param())
      const query = spec.query && validate(spec.query, queryOf(c))
      const body = spec.body && (await bodyOf(acting, c.req.raw, { ...spec, body: spec.body }))
      const answer = await handle({
        deps: acting,
        principal,
        params,
        query,
        body,
        token,
        request: c.req.raw,
      } as Handled<A, B, Q, P>)
      return answer instanceof Response
        ? watched(answer, deps)
        : respond(answer, deps.requestId, token !== undefined || hasToken(answer))
    },
  }
}

export const isGuarded = (access: Access): access is GuardedAccess =>
  access !== 'anyone' && access !== 'own_token'

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

const bearer = (c: Context<AppEnv>): string | undefined =>
  BEARER.exec(c.req.header('authorization') ?? '')?.[1]

async function bodyOf<B extends z.ZodObject>(
  deps: Deps,
  request: Request,
  spec: Pick<RouteSpec, 'alsoCheck' | 'maxBodyBytes'> & { body: B },
): Promise<z.output<B>> {
  const raw = await readBody(request, spec.body, spec.maxBodyBytes)
  const isObject = typeof raw === 'object' && raw !== null
  return validate(spec.body, raw, isObject ? spec.alsoCheck?.(deps, { ...raw }) : [])
}

/** A repeated key is refused by its schema, as it arrives as an array. */
function queryOf(c: Context<AppEnv>): Record<string, unknown> {
  const all = c.req.queries()
  return Object.fromEntries(
    Object.entries(all).map(([name, values]) => [name, values.length > 1 ? values : values[0]]),
  )
}

const hasToken = (answer: Answer): boolean =>
  typeof answer.body === 'object' &&
  answer.body !== null &&
  ('access_token' in answer.body || 'challenge_token' in answer.body)

function respond(answer: Answer, requestId: string, isPrivate: boolean): Response {
  const headers = { ...standingHeaders(requestId), ...answer.headers }
  if (isPrivate) headers['cache-control'] = 'no-store'
  if (answer.body === undefined) return new Response(null, { status: answer.status, headers })
  headers['content-type'] = 'application/json; charset=utf-8'
  return new Response(JSON.stringify(answer.body), { status: answer.status, headers })
}

/** Mounts routes; OPTIONS tells the methods of their paths, every other one is 405, both with Allow. */
export function mount(app: Hono<AppEnv>, routes: readonly Route[], guard: Guard): void {
  const byPath = Map.groupBy(routes, (each) => each.path)
  for (const [path, group] of byPath) {
    const pattern = path.replaceAll(/\{(\w+)\}/g, ':$1')
    for (const each of group)
      app.on(each.method.toUpperCase(), pattern, (c) => {
        c.set('route', path)
        return each.respond(c, guard)
      })
    const allow = allowed(group)
    app.all(pattern, (c) => {
      c.header('allow', allow)
      if (c.req.method === 'OPTIONS') return c.body(null, 204)
      throw new DomainError('method_not_allowed')
    })
  }
}

function allowed(group: readonly Route[]): string {
  const methods = group.map((each) => each.method.toUpperCase())
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
}
