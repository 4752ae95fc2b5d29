/**
 * The OpenAPI 3.1 document, made from the very declarations that mount, guard and validate the routes.
 * Problem codes are listed with each answer: a route's own, and those that follow from what it is.
 */
import * as z from 'zod'
import { type ErrorCode, type ErrorKind, ERRORS } from '../errors'
import { STATUS_OF } from './problem'
import type { DocumentedProblem, Route, RouteSpec } from './route'

const VERSION = '1.0.0'

type Json = Record<string, unknown>

/** The document for these routes, as served at `publicUrl`. */
export function openApiDocument(
  routes: readonly RouteSpec[],
  about: { title: string; publicUrl: string },
): Json {
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: about.title,
      version: VERSION,
      description: 'User management: accounts, sign-in, sessions, roles and administration.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: about.publicUrl }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: problemSchema(), ...namedSchemas(routes) },
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'ghk_<id>_<secret>' },
      },
    },
  }
}

function operation(route: RouteSpec): Json {
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, accessText(route)].filter(Boolean).join('\n\n'),
    security: securityOf(route).map((scheme) => ({ [scheme]: [] })),
    parameters: [...parameters(route.params, 'path'), ...parameters(route.query, 'query')],
    ...(route.body && { requestBody: requestBody(route.body) }),
    ...(route.rawBody && {
      requestBody: { required: true, content: { [route.rawBody]: { schema: { type: 'string' } } } },
    }),
    responses: responses(route),
  }
}

/** `post /api/v1/auth/verify-email` -> `postAuthVerifyEmail`. */
function operationId({ method, path }: RouteSpec): string {
  const words = path.replace('/api/v1', '').split(/[^A-Za-z0-9]+/)
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function securityOf({ access }: Pick<RouteSpec, 'access'>): ('accessToken' | 'apiKey')[] {
  if (access === 'anyone') return []
  if (typeof access !== 'object' || access.by === 'session') return ['accessToken']
  return access.by === 'api_key' ? ['apiKey'] : ['accessToken', 'apiKey']
}

const PRESENTED_BY = {
  session: 'of a session; an API key will not do',
  api_key: 'of an API key; a session will not do',
  either: 'of a session or an API key',
}

function accessText({ access }: RouteSpec): string {
  if (access === 'anyone') return 'Anyone may call this.'
  if (typeof access === 'object') {
    return `Needs the permission \`${access.permission}\`, ${PRESENTED_BY[access.by ?? 'either']}.`
  }
  return access === 'session' ? 'Needs a session.' : 'Needs a session; a restricted one will do.'
}

function parameters(schema: z.ZodObject | undefined, place: 'path' | 'query'): Json[] {
  if (!schema) return []
  const { properties = {}, required = [] } = z.toJSONSchema(schema, INPUT) as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }))
}

const INPUT = { io: 'input', unrepresentable: 'any', target: 'draft-2020-12' } as const

function requestBody(body: z.ZodObject): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(body, INPUT)
  return {
    required: true,
    content: {
      'application/json': { schema },
      'application/x-www-form-urlencoded': { schema },
    },
  }
}

function responses(route: RouteSpec): Json {
  const answers = Object.entries(route.answers).map(
    ([status, { description, schema, contentType }]) => [
      status,
      {
        description,
        ...(schema && {
          content: { [contentType ?? 'application/json']: { schema: reference(schema) } },
        }),
      },
    ],
  )
  const problems = Object.entries(Object.groupBy(problemsOf(route), ({ kind }) => STATUS_OF[kind]))
  return Object.fromEntries([
    ...answers,
    ...problems.map(([status, codes]) => [
      status,
      {
        description: codes.map(({ code }) => `\`${code}\`: ${ERRORS[code][1]}`).join('. '),
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        },
      },
    ]),
  ])
}

/** Every problem a route can answer with. */
export function problemsOf(
  route: Pick<Route, 'access' | 'body' | 'rawBody' | 'query' | 'params' | 'problems'>,
): { code: ErrorCode; kind: ErrorKind }[] {
  const { access } = route
  const codes: DocumentedProblem[] = [...(route.problems ?? []), 'internal', 'unavailable']
  if (access !== 'anyone') codes.push('invalid_access_token')
  const schemes = securityOf(route)
  if (access === 'session' || (typeof access === 'object' && schemes.includes('accessToken'))) {
    codes.push('password_expired', 'two_factor_required')
  }
  if (typeof access === 'object') codes.push('forbidden')
  if (schemes.includes('apiKey')) codes.push('too_many_attempts')
  if (route.body || route.rawBody) {
    codes.push('malformed_body', 'payload_too_large', 'unsupported_media_type')
  }
  if (route.body || route.query || route.params) codes.push('validation_failed')
  const problems = codes.map((each) =>
    typeof each === 'string' ? { code: each, kind: ERRORS[each][0] } : each,
  )
  return [...new Map(problems.map((each) => [`${each.code} ${each.kind}`, each])).values()]
}

const isNamed = (schema: z.ZodType): string | undefined => schema.meta()?.id

const reference = (schema: z.ZodType): Json => {
  const name = isNamed(schema)
  return name ? { $ref: `#/components/schemas/${name}` } : inline(schema)
}

const OUTPUT = { io: 'output', unrepresentable: 'any', target: 'draft-2020-12' } as const

/** Named schemas inside become references, and stand among the components by themselves. */
function inline(schema: z.ZodType): Json {
  const { $schema: _, $defs: __, ...rest } = z.toJSONSchema(schema, OUTPUT) as Json
  return intoComponents(rest)
}

const intoComponents = (schema: Json): Json =>
  JSON.parse(JSON.stringify(schema).replaceAll('#/$defs/', '#/components/schemas/')) as Json

/** Zod puts every schema with an id among `$defs`, the outermost too. */
function namedSchemas(routes: readonly RouteSpec[]): Record<string, Json> {
  const answers = routes.flatMap((route) => Object.values(route.answers))
  const definitions = answers.flatMap(({ schema }) => {
    const { $defs = {} } = schema ? (z.toJSONSchema(schema, OUTPUT) as { $defs?: Json }) : {}
    return Object.entries($defs)
  })
  return Object.fromEntries(
    definitions.map(([name, definition]) => [name, intoComponents(definition as Json)]),
  )
}

const problemSchema = (): Json => {
  const { $schema: _, ...schema } = z.toJSONSchema(
    z.object({
      type: z.string(),
      title: z.string(),
      status: z.int(),
      detail: z.string(),
      instance: z.string(),
      code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
      request_id: z.string(),
      errors: z
        .array(z.object({ path: z.string(), code: z.string(), message: z.string() }))
        .optional(),
    }),
  )
  return schema
}
