import { beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../../src/app'
import { MAX_BODY_BYTES } from '../../src/http/body'
import { call, get, post, type Reply, send } from '../support/api'
import { addressOf, isOAuth, titled } from '../support/routes'
import { signedInUser } from '../support/users'

const JSON_TYPE = { 'content-type': 'application/json' }
const LOGIN = '/api/v1/auth/login'

/** Asserts a problem exactly as api.md describes it, and returns its body. */
function problem(reply: Reply, status: number, code: string, instance: string) {
  const { body, headers } = reply
  expect([reply.status, body.code], JSON.stringify(body)).toEqual([status, code])
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(body).toEqual({
    type: `http://localhost:8787/problems/${code}`,
    title: expect.stringMatching(/\w/),
    status,
    detail: expect.stringMatching(/\w/),
    instance,
    code,
    request_id: headers.get('x-request-id'),
    ...(status === 422 && { errors: expect.any(Array) }),
  })
  return body
}

const sendRaw = (body: BodyInit, headers: Record<string, string> = JSON_TYPE) =>
  send(LOGIN, { method: 'POST', headers, body })

describe('an address that does not exist', () => {
  it.each([
    '/nothing',
    '/nothing/at/all',
    '/api/v1/auth/login/',
    '/api/v1/auth',
    '/API/v1/auth/login',
    '//healthz',
    '/healthz%00',
    '/api/v1/auth/%zz',
  ])('is a 404 problem: %s', async (path) => {
    problem(await get(path), 404, 'not_found', path)
    problem(await post(path, {}), 404, 'not_found', path)
  })

  it('is named without its query, which may hold a token', async () => {
    const reply = await get('/verify-emails?token=secret-token')
    expect(JSON.stringify(problem(reply, 404, 'not_found', '/verify-emails'))).not.toContain(
      'secret',
    )
  })
})

describe('a method that a route does not take', () => {
  const paths = Map.groupBy(routes, (route) => addressOf(route))

  it.each([...paths.keys()])('is a 405 with Allow: %s', async (path) => {
    const own = (paths.get(path) ?? []).map(({ method }) => method.toUpperCase())
    const allow = [...own, ...(own.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort()
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
      if (own.includes(method)) continue
      const reply = await call(method, path)
      problem(reply, 405, 'method_not_allowed', path)
      expect(reply.headers.get('allow')?.split(', ').sort()).toEqual(allow)
    }
  })
})

describe('a body that cannot be read is 400', () => {
  const encoder = new TextEncoder()
  const bytes = (text: string, ...more: number[]) =>
    new Uint8Array([...encoder.encode(text), ...more])

  it.each<[string, BodyInit]>([
    ['half an object', '{"username":"a@example.com"'],
    ['a bare word', 'hello'],
    ['two objects', '{}{}'],
    ['a comment', '{/* hi */}'],
    ['a trailing comma', '{"a":1,}'],
    ['white space', '  '],
    ['a byte order mark', '\uFEFF{}'],
    ['a NUL between tokens', '{\0}'],
    ['a NUL inside a text', '{"username":"a\0b"}'],
    ['UTF-16', new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0])],
    ['an overlong encoding', bytes('{"a":"', 0xc0, 0xaf, 0x22, 0x7d)],
    ['an encoded surrogate', bytes('{"a":"', 0xed, 0xa0, 0x80, 0x22, 0x7d)],
    ['half a character', bytes('{"a":"', 0xc3)],
  ])('JSON: %s', async (_, body) => {
    problem(await sendRaw(body), 400, 'malformed_body', LOGIN)
  })

  it.each<[string, BodyInit]>([
    ['raw bytes that are not UTF-8', bytes('username=', 0xff)],
    ['escaped bytes that are not UTF-8', 'username=%FF'],
    ['half an escaped character', 'username=%C3&password=x'],
    ['an escaped surrogate', 'username=%ED%A0%80'],
  ])('a form: %s', async (_, body) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    problem(await sendRaw(body, headers), 400, 'malformed_body', LOGIN)
  })
})

describe('a content type', () => {
  it.each([
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/jsonp',
    'json',
    ';',
    'application/json, text/plain',
    '',
  ])('other than JSON or a form is 415: "%s"', async (type) => {
    const reply = await sendRaw(
      new TextEncoder().encode('{}'),
      type ? { 'content-type': type } : {},
    )
    problem(reply, 415, 'unsupported_media_type', LOGIN)
  })

  it.each([
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/json ;x=y',
    'application/x-www-form-urlencoded;charset=UTF-8',
  ])('may carry parameters and any case: %s', async (type) => {
    const body = type.includes('form') ? '' : '{}'
    problem(await sendRaw(body, { 'content-type': type }), 422, 'validation_failed', LOGIN)
  })

  it('is not asked for without a body', async () => {
    problem(await post(LOGIN), 422, 'validation_failed', LOGIN)
  })
})

describe('a body of more than 64 KiB', () => {
  const padded = (size: number) => `{"username":"${'a'.repeat(size - 15)}"}`

  it('is 413, and one of exactly 64 KiB is read', async () => {
    problem(await sendRaw(padded(MAX_BODY_BYTES + 1)), 413, 'payload_too_large', LOGIN)
    problem(await sendRaw(padded(MAX_BODY_BYTES)), 422, 'validation_failed', LOGIN)
  })

  it('is counted in bytes, not characters', async () => {
    const body = `{"username":"${'é'.repeat(MAX_BODY_BYTES / 2)}"}`
    problem(await sendRaw(body), 413, 'payload_too_large', LOGIN)
  })

  it('is 413 whatever its content type', async () => {
    const reply = await sendRaw('x'.repeat(MAX_BODY_BYTES + 1), { 'content-type': 'text/plain' })
    problem(reply, 413, 'payload_too_large', LOGIN)
  })
})

describe('a request without a live session', () => {
  let token: string
  beforeAll(async () => {
    token = (await signedInUser()).token
  })
  const guarded = titled((route) => route.access !== 'anyone' && !isOAuth(route))

  it.each(guarded)(
    'is 401 with WWW-Authenticate before its body is looked at: %s',
    async (_, route) => {
      const path = addressOf(route)
      const method = route.method.toUpperCase()
      for (const authorization of [
        '',
        'Bearer',
        'Bearer x',
        'Basic eDp5',
        `Bearer ${token}x`,
        `Bearer ${token} ${token}`,
        token,
      ]) {
        const headers = { ...(authorization && { authorization }), 'content-type': 'text/plain' }
        const reply = await send(path, {
          method,
          headers,
          ...(method !== 'GET' && { body: 'not json' }),
        })
        problem(reply, 401, 'invalid_access_token', path)
        expect(reply.headers.get('www-authenticate')).toBe('Bearer')
      }
    },
  )

  it('is let in with any case of the word Bearer', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER ']) {
      const headers = { authorization: `${scheme} ${token}` }
      expect((await get('/api/v1/auth/session', { headers })).status).toBe(200)
    }
  })

  it('is 401 with WWW-Authenticate for wrong credentials too', async () => {
    const reply = await post(LOGIN, { username: 'nobody@example.com', password: 'Wrong-Horse-7' })
    expect(problem(reply, 401, 'invalid_credentials', LOGIN).detail).toBe(
      'Incorrect email or password',
    )
    expect(reply.headers.get('www-authenticate')).toBe('Bearer')
  })
})

describe('too many attempts', () => {
  it('are a 429 problem that says in whole seconds when to come back', async () => {
    const ip = '198.51.100.7'
    const attempt = () => post(LOGIN, { username: 'eve@example.com', password: 'Wrong' }, { ip })
    for (let i = 0; i < 10; i++) problem(await attempt(), 401, 'invalid_credentials', LOGIN)
    const reply = await attempt()
    problem(reply, 429, 'too_many_attempts', LOGIN)
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(800)
    expect(reply.headers.get('retry-after')).toMatch(/^\d+$/)
  })
})
