/** The document against the OpenAPI 3.1 specification, the mounted routes and real answers. */
import { beforeAll, describe, expect, it } from 'vitest'
import { app, routes } from '../../src/app'
import { ERRORS } from '../../src/errors'
import { STATUS_OF } from '../../src/http/problem'
import { needsPermission } from '../../src/http/route'
import { documentedRoute } from '../../src/openapi/documented-route'
import { oauthErrorsOf } from '../../src/openapi/oauth-errors'
import { problemsOf } from '../../src/openapi/problems-of'
import { pages } from '../../src/pages/pages'
import { readLines } from '../../src/user-admin/import-lines'
import { call, get, post } from '../support/api'
import { depsFor } from '../support/deps'
import { mailTo, tokenIn } from '../support/mailbox'
import { freshEmail, PASSWORD } from '../support/users'

interface Operation {
  operationId: string
  summary: string
  description: string
  tags: string[]
  security: Record<string, string[]>[]
  parameters: { name: string; in: string; required: boolean; schema: object }[]
  requestBody?: {
    required: boolean
    content: Record<string, { schema: JsonSchema; example: unknown }>
  }
  responses: Record<string, { description: string; content?: Record<string, Content> }>
}
interface Content {
  schema: object
  example?: unknown
  examples?: Record<string, { $ref?: string; value?: unknown }>
}
interface JsonSchema {
  type?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: boolean
}
interface Document {
  openapi: string
  info: { title: string; version: string }
  servers: { url: string }[]
  tags: { name: string }[]
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, JsonSchema>
    examples: Record<string, { value: object }>
    securitySchemes: Record<string, unknown>
  }
}

let document: Document
let operations: { at: string; path: string; method: string; operation: Operation }[]
beforeAll(async () => {
  document = (await get('/openapi.json')).body
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      at: `${method} ${path}`,
      path,
      method,
      operation,
    })),
  )
})

const routeAt = (at: string) => {
  const found = routes.find((route) => `${route.method} ${route.path}` === at)
  if (!found) throw new Error(`no route ${at}`)
  return found
}

/** Every value under a key, anywhere. */
function valuesOf(node: unknown, key: string): unknown[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([name, value]) =>
    name === key ? [value] : valuesOf(value, key),
  )
}

describe('the document', () => {
  it('is OpenAPI 3.1 with a title, a version, a server and nothing that JSON would drop', () => {
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Gatehouse', version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
      servers: [{ url: '/' }],
    })
    expect(Object.keys(document).sort()).toEqual([
      'components',
      'info',
      'openapi',
      'paths',
      'servers',
      'tags',
    ])
  })

  it('has no reference that leads nowhere', () => {
    const references = valuesOf(document, '$ref')
    expect(references.length).toBeGreaterThan(10)
    for (const reference of references) {
      expect(reference).toMatch(/^#\/components\/(schemas|examples|headers|parameters)\/\w+$/)
      const [kind = '', name = ''] = String(reference).split('/').slice(2)
      expect(document.components, name).toHaveProperty([kind, name])
    }
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      expect(schema, name).toMatchObject({ type: 'object', properties: expect.any(Object) })
    }
    for (const key of ['$defs', '$schema', 'nullable']) expect(valuesOf(document, key)).toEqual([])
  })

  it('has unique operation ids, a summary, a description and a known tag for every operation', () => {
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    const tags = new Set(document.tags.map(({ name }) => name))
    for (const { at, operation } of operations) {
      expect(operation.operationId, at).toMatch(/^[a-z][A-Za-z0-9]*$/)
      expect(operation.summary, at).toMatch(/^[A-Z].{5,}[^.]$/)
      expect(operation.description, at).toMatch(/\w/)
      expect(
        operation.tags.every((tag) => tags.has(tag)),
        at,
      ).toBe(true)
    }
  })

  it('declares exactly the parameters that a path names', () => {
    for (const { at, path, operation } of operations) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const declared = operation.parameters.filter((parameter) => parameter.in === 'path')
      expect(declared.map(({ name }) => name).sort(), at).toEqual(named.sort())
      expect(
        declared.every(({ required }) => required),
        at,
      ).toBe(true)
    }
  })

  it('lists every mounted route, and mounts every listed one', () => {
    const forPeople = new Set(pages.map((page) => page.path.replaceAll(/\{(\w+)\}/g, ':$1')))
    const mounted = app.routes
      .filter(({ method, path }) => method !== 'ALL' && !forPeople.has(path))
      // A route is mounted as a chain, whose last function answers.
      .filter(({ handler }) => handler.name === 'handled')
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    expect(operations.map(({ at }) => at).sort()).toEqual(mounted.sort())
    expect(new Set(mounted).size).toBe(mounted.length)
  })

  it('says which operations need an access token or take an API key, and with which permission', () => {
    for (const { at, operation } of operations) {
      const { access } = routeAt(at)
      const needed = needsPermission(access) ? [access.permission] : []
      const schemes = {
        anyone: [],
        session: [{ accessToken: needed }],
        api_key: [{ apiKey: needed }],
        either: [{ accessToken: needed }, { apiKey: needed }],
        app: [{ app: [] }],
        app_token: [{ appToken: [] }],
      }
      const by = needsPermission(access) ? (access.by ?? 'either') : 'session'
      const isNamed = access === 'anyone' || access === 'app' || access === 'app_token'
      expect(operation.security, at).toEqual(schemes[isNamed ? access : by])
    }
    expect(Object.keys(document.components.securitySchemes).sort()).toEqual([
      'accessToken',
      'apiKey',
      'app',
      'appToken',
    ])
  })
})

describe('every operation', () => {
  it('lists each of its answers, and each problem code with its words', () => {
    for (const { at, operation } of operations) {
      const route = routeAt(at)
      const codes = problemsOf(route)
      const statuses = [
        ...Object.keys(documentedRoute(route).answers),
        ...codes.map(({ kind }) => String(STATUS_OF[kind])),
        ...(route.oauthErrors ? [...oauthErrorsOf(route).keys()].map(String) : []),
      ]
      expect(Object.keys(operation.responses).sort(), at).toEqual([...new Set(statuses)].sort())
      for (const { code, kind } of codes) {
        const answer = operation.responses[STATUS_OF[kind]]
        expect(answer?.description, at).toContain(`\`${code}\`: ${ERRORS[code][1]}`)
        const problem = answer?.content?.['application/problem+json']
        expect(problem?.schema, at).toEqual({ $ref: '#/components/schemas/Problem' })
        const name = problem?.examples?.[code]?.$ref?.split('/').at(-1) ?? ''
        expect(document.components.examples[name]?.value, `${at} ${code}`).toMatchObject({
          type: `http://localhost:8787/problems/${code}`,
          status: STATUS_OF[kind],
          code,
        })
      }
    }
  })

  it('has an example of its body, and the route takes it', () => {
    for (const { at, operation } of operations) {
      const { body, rawBody, refine } = routeAt(at)
      const contents = Object.values(operation.requestBody?.content ?? {})
      for (const { example } of contents) {
        if (rawBody) expect(readLines(String(example), new Set()).errors, at).toEqual([])
        if (!body) continue
        expect(body().safeParse(example).error, at).toBeUndefined()
        // The token of the userinfo route is in the header as well.
        const isEmpty = routeAt(at).access === 'app_token'
        expect(Object.keys(example as object).length > 0, at).toBe(!isEmpty)
        expect(refine?.(depsFor(), example as Record<string, unknown>) ?? [], at).toEqual([])
      }
    }
  })

  it('has an example of each answer, and it is one', () => {
    for (const { at, operation } of operations) {
      for (const [status, { schema }] of Object.entries(documentedRoute(routeAt(at)).answers)) {
        if (!schema) continue
        const { content = {} } = operation.responses[status] ?? {}
        const [first] = Object.values(content)
        const values = Object.values(first?.examples ?? {}).map(({ value }) => value)
        const shown = first?.example === undefined ? values : [first.example]
        expect(shown.length, at).toBeGreaterThan(0)
        for (const value of shown) expect(schema.safeParse(value).error, at).toBeUndefined()
      }
    }
  })

  it('takes JSON and forms by one schema, and it is the one that validates', async () => {
    for (const { at, operation } of operations) {
      const { body, rawBody } = routeAt(at)
      const takesOne = body !== undefined || rawBody !== undefined
      expect(operation.requestBody !== undefined, at).toBe(takesOne)
      if (!body || !operation.requestBody) continue
      const { content } = operation.requestBody
      const form = 'application/x-www-form-urlencoded'
      // OAuth knows forms alone, and ignores parameters that it does not know (RFC 6749 section 3.1).
      const isOfOAuth = routeAt(at).oauthErrors !== undefined
      expect(Object.keys(content)).toEqual(isOfOAuth ? [form] : ['application/json', form])
      const schema = content[form]?.schema
      expect(content[isOfOAuth ? form : 'application/json']?.schema).toEqual(schema)
      expect(schema).toMatchObject({ type: 'object' })
      expect(schema?.additionalProperties, at).toBe(isOfOAuth ? undefined : false)
      expect(Object.keys(schema?.properties ?? {}).sort(), at).toEqual(
        Object.keys(body().shape).sort(),
      )
      const missing =
        body()
          .safeParse({})
          .error?.issues.filter(
            ({ code }) => code === 'invalid_type' || code === 'invalid_value',
          ) ?? []
      expect((schema?.required ?? []).toSorted(), at).toEqual(
        missing.map(({ path }) => String(path[0])).sort(),
      )
      for (const property of Object.values(schema?.properties ?? {})) {
        expect(Object.keys(property).length, at).toBeGreaterThan(0)
      }
    }
  })

  it('names every problem code in the schema of problems', () => {
    const { code } = document.components.schemas['Problem']?.properties ?? {}
    expect(code).toMatchObject({ enum: Object.keys(ERRORS) })
  })
})

describe('real answers are exactly what is documented', () => {
  const matches = (at: string, reply: { status: number; body: unknown }, status: number) => {
    expect(reply.status, JSON.stringify(reply.body)).toBe(status)
    const schema = documentedRoute(routeAt(at)).answers[status]?.schema
    if (schema) expect(schema.parse(reply.body), at).toEqual(reply.body)
    else expect(at).toMatch(/logout/)
  }

  it('from registration to sign-out', async () => {
    const auth = '/api/v1/auth'
    const email = freshEmail()
    const account = { email, password: PASSWORD, full_name: 'Ada Lovelace' }
    matches(`post ${auth}/register`, await post(`${auth}/register`, account), 201)
    matches(
      `post ${auth}/resend-verification`,
      await post(`${auth}/resend-verification`, { email }),
      202,
    )
    const token = tokenIn(await mailTo(email), '/verify-email')
    matches(`post ${auth}/verify-email`, await post(`${auth}/verify-email`, { token }), 200)
    const signedIn = await post(`${auth}/login`, {
      username: email,
      password: PASSWORD,
      remember_me: true,
    })
    matches(`post ${auth}/login`, signedIn, 200)
    const session = { token: signedIn.body.access_token }
    matches(`get ${auth}/session`, await get(`${auth}/session`, session), 200)
    matches('get /api/v1/users/profile', await get('/api/v1/users/profile', session), 200)
    matches(
      'put /api/v1/users/profile',
      await call('PUT', '/api/v1/users/profile', { preferences: { a: [1] } }, session),
      200,
    )
    const { refresh_token } = signedIn.body
    matches(`post ${auth}/refresh`, await post(`${auth}/refresh`, { refresh_token }), 200)
    matches(`post ${auth}/logout`, await post(`${auth}/logout`, undefined, session), 204)
  })

  it('and on the routes that anyone may read', async () => {
    for (const route of routes.filter(
      ({ method, access }) => method === 'get' && access === 'anyone',
    )) {
      matches(`get ${route.path}`, await get(route.path), 200)
    }
  })

  it('and for problems', async () => {
    const { body } = await post('/api/v1/auth/login', {})
    const { properties = {}, required = [] } = document.components.schemas['Problem'] ?? {}
    // Only a refusal that a proof lifts has the other one.
    expect([...Object.keys(body), 'step_up'].sort()).toEqual(Object.keys(properties).sort())
    expect(required.toSorted()).toEqual(
      Object.keys(properties)
        .filter((name) => name !== 'errors' && name !== 'step_up')
        .sort(),
    )
  })
})
