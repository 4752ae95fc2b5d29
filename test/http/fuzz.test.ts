/**
 * Every route under bodies nobody would send: made from the very schemas that validate, and raw. No
 * answer is ever a 5xx, every refusal is a problem, and one that the route documents.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { needsPermission, type Route } from '../../src/http/route'
import { documentedRoute } from '../../src/openapi/documented-route'
import { oauthErrorsOf } from '../../src/openapi/oauth-errors'
import { problemsOf } from '../../src/openapi/problems-of'
import { freshIp, type Reply, send } from '../support/api'
import { makeKey } from '../support/api-keys'
import { addressOf, isOAuth, titled } from '../support/routes'
import { type SignedInUser, signedInUser, staff } from '../support/users'

/** Fixed, so that a failure comes again; any other serves as well. */
const SEED = 42

const everyRoute = titled(() => true)
const writing = titled(({ body }) => body !== undefined)
/** However many routes there will be, the whole takes about as long. */
const runs = {
  fields: Math.max(8, Math.ceil(400 / writing.length)),
  bytes: Math.max(5, Math.ceil(350 / everyRoute.length)),
}

/** One for each route: writes are counted, and a recent sign-in is proof enough to erase the account. */
const users = new Map<string, SignedInUser>()
let admin: SignedInUser | undefined
let key: { token: string } | undefined

/** The token of a caller whom the route lets in, so that it looks at the body. */
async function tokenFor(route: Route): Promise<string> {
  if (!needsPermission(route.access)) {
    const user = users.get(route.path) ?? (await signedInUser())
    users.set(route.path, user)
    return user.token
  }
  // Not before the setup of the first admin has had its turn.
  admin ??= await staff('admin')
  if (route.access.by !== 'api_key') return admin.token
  key ??= await makeKey(admin)
  return key.token
}

const FORM = 'application/x-www-form-urlencoded'

async function request(
  route: Route,
  parameter: string,
  body: BodyInit,
  headers: Record<string, string>,
): Promise<Reply> {
  const method = route.method.toUpperCase()
  const authorization = `Bearer ${await tokenFor(route)}`
  return send(addressOf(route, parameter), {
    method,
    headers: { 'cf-connecting-ip': freshIp(), authorization, ...headers },
    ...(method !== 'GET' && { body }),
  })
}

const seen = new Map<string, Set<number>>()

function isDocumented(route: Route, { status, headers, body }: Reply) {
  seen.set(route.path, (seen.get(route.path) ?? new Set()).add(status))
  const told = JSON.stringify(body)
  expect(status, told).toBeLessThan(500)
  expect(headers.get('x-request-id')).toBeTruthy()
  if (status < 400) {
    expect(Object.keys(documentedRoute(route).answers), told).toContain(String(status))
    return
  }
  if (isOAuth(route)) {
    const errors = oauthErrorsOf(route).get(status) ?? []
    expect(errors, told).toContain(body.error)
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
    // RFC 6749 section 5.2.
    expect(body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
    return
  }
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  expect(body).toMatchObject({ status, request_id: headers.get('x-request-id') })
  expect(
    problemsOf(route).map(({ code }) => code),
    told,
  ).toContain(body.code)
  expect(Array.isArray(body.errors)).toBe(status === 422)
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.emailAddress(),
  fc.webUrl(),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\ud800',
    'a@b.c',
    'null',
    'true',
    '0x10',
    '%00',
    '\u202e',
    "' OR 1=1 --",
    '{}',
    '[]',
    '__proto__',
  ),
  fc.integer({ min: 1, max: 60_000 }).map((size) => 'x'.repeat(size)),
)
const nested = fc
  .integer({ min: 1, max: 200 })
  .map((depth) => JSON.parse(`${'{"a":['.repeat(depth)}${']}'.repeat(depth)}`) as unknown)
const wild = fc.oneof(
  text,
  fc.jsonValue(),
  fc.double(),
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger(),
  nested,
)
const preferences = fc.dictionary(
  fc.oneof(
    text.filter((key) => key.length < 100),
    fc.constantFrom('__proto__', 'constructor', 'a'),
  ),
  fc.jsonValue({ maxDepth: 7 }),
)

/** What a field's own schema describes: enough that many bodies come through validation. */
function fitting(
  name: string,
  schema: { example?: unknown; const?: unknown; type?: unknown; anyOf?: object[] },
): fc.Arbitrary<unknown> {
  if (name === 'preferences') return fc.oneof(preferences, fc.constant(null))
  if (name === 'email')
    return fc.oneof(
      fc.emailAddress(),
      text.map((local) => `${local}@example.com`),
    )
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((each) => fitting('', each)))
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.type === 'boolean') return fc.boolean()
  return schema.example === undefined ? text : fc.oneof(fc.constant(schema.example), text)
}

function bodiesOf(route: Route): fc.Arbitrary<Record<string, unknown>> {
  const { properties = {} } = z.toJSONSchema(route.body?.() ?? z.object(), {
    io: 'input',
    unrepresentable: 'any',
  })
  const fields = Object.entries(properties).map(([name, schema]) => [
    name,
    fc.oneof(
      { weight: 4, arbitrary: fitting(name, schema as object) },
      { weight: 1, arbitrary: wild },
    ),
  ])
  const known = fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>, {
    requiredKeys: [],
  })
  const strange = fc.dictionary(
    fc.oneof(
      text.filter((key) => key.length < 100),
      fc.constantFrom('__proto__', 'is_admin'),
    ),
    wild,
    { maxKeys: 2 },
  )
  return fc.oneof(
    { weight: 5, arbitrary: known },
    { weight: 1, arbitrary: fc.tuple(known, strange).map(([a, b]) => ({ ...a, ...b })) },
  )
}

const asForm = (body: Record<string, unknown>) =>
  new URLSearchParams(
    Object.entries(body).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((each) => [
        name,
        typeof each === 'string' ? each : JSON.stringify(each),
      ]),
    ),
  ).toString()

/** An id of nothing, or whatever a segment of a path can hold. */
const parameter = fc.oneof(
  fc.constant('1'),
  fc.string({ unit: 'grapheme', maxLength: 40 }).map((id) => `x${id}`),
)

describe.each(writing)('%s', (_, route) => {
  const answers = (contentType: string, write: (body: Record<string, unknown>) => string) =>
    fc.assert(
      fc.asyncProperty(bodiesOf(route), parameter, async (body, id) => {
        isDocumented(route, await request(route, id, write(body), { 'content-type': contentType }))
      }),
      { numRuns: runs.fields, seed: SEED },
    )

  it('answers any JSON object', () => answers('application/json', JSON.stringify))
  it('answers any form', () => answers(FORM, asForm))
})

/** Whatever a header may hold. */
const header = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
})
const types = ['application/json', FORM, `${FORM}; charset=utf-16`, 'multipart/form-data', '']
const deep = fc
  .integer({ min: 1, max: 20_000 })
  .map((depth) => `{"preferences":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`)
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.oneof(fc.string({ unit: 'binary' }), deep).map((each) => new TextEncoder().encode(each)),
)

describe.each(everyRoute)('%s', (_, route) => {
  it('answers any bytes of any type under any authorization', async () => {
    // A real token would, by sign-out, revoke the session that the other runs need.
    const real = async () => (route.path.endsWith('/logout') ? 'x' : tokenFor(route))
    const type = fc.oneof(fc.constantFrom(...types), header)
    await fc.assert(
      fc.asyncProperty(
        bytes,
        type,
        fc.option(header, { freq: 2 }),
        parameter,
        async (body, contentType, who, id) => {
          const authorization = who ?? `Bearer ${await real()}`
          isDocumented(
            route,
            await request(route, id, body, { 'content-type': contentType, authorization }),
          )
        },
      ),
      { numRuns: runs.bytes, seed: SEED },
    )
  })
})

it('gets past validation often enough to mean something', () => {
  for (const path of ['/auth/register', '/auth/resend-verification', '/users/profile']) {
    const statuses = seen.get(`/api/v1${path}`) ?? new Set()
    expect(
      [...statuses].some((status) => status < 300),
      path,
    ).toBe(true)
    expect(statuses).toContain(422)
  }
})
