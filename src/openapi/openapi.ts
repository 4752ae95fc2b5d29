/**
 * Builds the OpenAPI 3.1 document from the declarations that mount, guard and validate the routes.
 * Each response lists its problems: those a route declares and those that follow from it.
 */
import * as z from 'zod'
import { version } from '../../package.json'
import { ERRORS } from '../errors'
import { STATUS_OF } from '../http/problem'
import { type Documented, needsPermission, type Route, type RouteSpec } from '../http/route'
import { type DocumentedRoute, documentedRoute } from './documented-route'
import { exampleOf } from './examples'
import { FORWARDING_PARAMETERS, FORWARDING_TEXT } from './forwarding'
import { HEADER_COMPONENTS, headersOf } from './headers'
import { oauthErrorResponses, oauthErrorSchema } from './oauth-errors'
import { accessText, securityOf } from './openapi-access'
import { INPUT, parametersOf } from './parameters'
import {
  problemExampleName,
  problemExamples,
  type ProblemOfRoute,
  problemSchema,
} from './problem-examples'
import { problemsOf } from './problems-of'

type Json = Record<string, unknown>

/** Returns the document for these routes, as served at `publicUrl`. */
export function openApiDocument(
  declared: readonly Route[],
  about: { title: string; publicUrl: string; tags: Readonly<Record<string, string>> },
): Json {
  const routes = declared.map(documentedRoute)
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: about.title,
      version,
      description: `User management: accounts, sign-in, sessions, roles and administration.\n\n${FORWARDING_TEXT}`,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    // Relative, so that the requests go to the host that served the document.
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({
      name,
      description: about.tags[name] ?? '',
    })),
    paths,
    components: {
      schemas: {
        Problem: problemSchema(),
        OAuthError: oauthErrorSchema(),
        ...namedSchemas(routes),
      },
      examples: problemExamples(routes.flatMap(problemsOf), about.publicUrl),
      headers: HEADER_COMPONENTS,
      parameters: FORWARDING_PARAMETERS,
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'ghk_<id>_<secret>' },
        app: { type: 'http', scheme: 'basic' },
        appToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      },
    },
  }
}

function operation(route: DocumentedRoute): Json {
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, accessText(route)].filter(Boolean).join('\n\n'),
    security: security(route),
    parameters: parametersOf(route),
    ...(route.body && { requestBody: requestBody(route, route.body()) }),
    ...(route.rawBody && {
      requestBody: {
        required: true,
        content: { [route.rawBody]: { schema: { type: 'string' }, example: route.example } },
      },
    }),
    responses: responses(route),
  }
}

/** The accepted schemes, with the permission as scope (OpenAPI 3.1 allows that for any scheme). */
function security(route: RouteSpec): Json[] {
  const { access } = route
  const needed = needsPermission(access) ? [access.permission] : []
  return securityOf(route).map((scheme) => ({ [scheme]: needed }))
}

/** `post /api/v1/auth/verify-email` -> `postAuthVerifyEmail`. */
function operationId({ method, path }: RouteSpec): string {
  const words = path.replace('/api/v1', '').split(/[^A-Za-z0-9]+/)
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function requestBody(route: DocumentedRoute, body: z.ZodObject): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(body, INPUT)
  const example = route.example ?? exampleOf(schema, { onlyRequired: true })
  return {
    // A missing body is read as an empty object (body.ts).
    required: ((schema['required'] as string[] | undefined) ?? []).length > 0,
    content: {
      ...(!route.oauthErrors && { 'application/json': { schema, example } }),
      'application/x-www-form-urlencoded': { schema, example },
    },
  }
}

function responses(route: DocumentedRoute): Json {
  const answers = Object.entries(route.answers).map(([status, answer]) => [
    status,
    {
      description: answer.description,
      ...(answer.schema && { content: contentOf(answer) }),
    },
  ])
  const problems = Object.entries(Object.groupBy(problemsOf(route), ({ kind }) => STATUS_OF[kind]))
  return Object.fromEntries([
    ...answers,
    ...problems.map(([status, codes]) => [status, problemResponse(status, codes)]),
    ...(route.oauthErrors ? oauthErrorResponses(route) : []),
  ])
}

/** The content of a response in each of its types. For NDJSON the schema is that of one line. */
function contentOf({ schema, contentType, alsoAs, example }: Documented): Json {
  const types = { ...(schema && { [contentType ?? 'application/json']: schema }), ...alsoAs }
  return Object.fromEntries(
    Object.entries(types).map(([type, each]) => {
      const json: Json = z.toJSONSchema(each, OUTPUT)
      return [type, { schema: reference(each), ...(example ? { example } : examplesOf(json)) }]
    }),
  )
}

/** Returns one example, or one for each named alternative. */
function examplesOf(json: Json): Json {
  const { $defs, anyOf } = json as { $defs?: Json; anyOf?: { $ref?: string }[] }
  const example = (schema: Json) => exampleOf(schema, { $defs })
  if (!anyOf) return { example: example(json) }
  return {
    examples: Object.fromEntries(
      anyOf.map((each) => [each.$ref?.split('/').at(-1), { value: example(each) }]),
    ),
  }
}

const problemResponse = (status: string, codes: ProblemOfRoute[]): Json => ({
  description: codes.map(({ code }) => `\`${code}\`: ${ERRORS[code][1]}`).join('. '),
  headers: headersOf(status, codes),
  content: {
    'application/problem+json': {
      schema: { $ref: '#/components/schemas/Problem' },
      examples: Object.fromEntries(
        codes.map((each) => [
          each.code,
          { $ref: `#/components/examples/${problemExampleName(each)}` },
        ]),
      ),
    },
  },
})

const isNamed = (schema: z.core.$ZodType): string | undefined =>
  schema instanceof z.ZodLazy ? isNamed(schema.unwrap()) : z.globalRegistry.get(schema)?.id

const reference = (schema: z.ZodType): Json => {
  const name = isNamed(schema)
  return name ? { $ref: `#/components/schemas/${name}` } : inline(schema)
}

const OUTPUT = { io: 'output', unrepresentable: 'any', target: 'draft-2020-12' } as const

/** Nested named schemas become references to the components. */
function inline(schema: z.ZodType): Json {
  const { $schema: _, $defs: __, ...rest } = z.toJSONSchema(schema, OUTPUT) as Json
  return intoComponents(rest)
}

const intoComponents = (schema: Json): Json =>
  JSON.parse(JSON.stringify(schema).replaceAll('#/$defs/', '#/components/schemas/')) as Json

/** Zod puts every schema with an id into `$defs`, including the outermost one. */
function namedSchemas(routes: readonly DocumentedRoute[]): Record<string, Json> {
  const answers = routes.flatMap((route) => Object.values(route.answers))
  const definitions = answers.flatMap(({ schema }) => {
    const { $defs = {} } = schema ? (z.toJSONSchema(schema, OUTPUT) as { $defs?: Json }) : {}
    return Object.entries($defs)
  })
  return Object.fromEntries(
    definitions.map(([name, definition]) => [name, intoComponents(definition as Json)]),
  )
}
