import { describe, expect, it } from 'vitest'
import { consoleLines, fetchWith } from '../support/worker'

const FRIEND = 'https://app.example'
const ALLOWED_ORIGINS = `${FRIEND}, http://localhost:3000`

const ask = (
  path: string,
  init: { method?: string; headers?: Record<string, string>; body?: string } = {},
) => fetchWith({ ALLOWED_ORIGINS }, path, init)
const from = (origin: string, more: Record<string, string> = {}) => ({
  headers: { origin, ...more },
})
const preflight = (origin: string, method = 'PATCH', path = '/api/v1/users/profile') =>
  ask(path, {
    method: 'OPTIONS',
    ...from(origin, {
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type',
    }),
  })

const grantsOf = (headers: Headers) =>
  [...headers.keys()].filter(
    (name) => name === 'access-control-allow-origin' || name === 'access-control-allow-credentials',
  )

describe('an origin on the list', () => {
  it('is let in by its exact name, without credentials', async () => {
    for (const origin of [FRIEND, 'http://localhost:3000']) {
      const { headers } = await ask('/healthz', from(origin))
      expect(headers.get('access-control-allow-origin')).toBe(origin)
      expect(headers.get('access-control-allow-credentials')).toBeNull()
    }
  })

  it('may read the headers that clients need', async () => {
    const { headers } = await ask('/healthz', from(FRIEND))
    expect(headers.get('access-control-expose-headers')?.split(',').sort()).toEqual([
      'allow',
      'retry-after',
      'www-authenticate',
      'x-request-id',
    ])
  })

  it.each([
    ['401', '/api/v1/auth/session', {}],
    ['404', '/nothing', {}],
    ['405', '/healthz', { method: 'DELETE' }],
    ['415', '/api/v1/auth/login', { method: 'POST', body: 'x' }],
    ['422', '/api/v1/auth/login', { method: 'POST' }],
  ])('may read errors too: %s', async (status, path, init) => {
    const reply = await ask(path, { ...init, ...from(FRIEND) })
    expect(String(reply.status)).toBe(status)
    expect(reply.headers.get('access-control-allow-origin')).toBe(FRIEND)
    expect(reply.headers.get('access-control-expose-headers')).toContain('x-request-id')
  })

  it('may read a 500 and a 503', async () => {
    consoleLines()
    for (const message of ['broken', 'D1_ERROR: Network connection lost']) {
      const DB = {
        prepare: () => {
          throw new Error(message)
        },
      }
      const reply = await fetchWith({ ALLOWED_ORIGINS, DB }, '/api/v1/auth/verify-email', {
        method: 'POST',
        body: '{"token":"x"}',
        ...from(FRIEND, { 'content-type': 'application/json' }),
      })
      expect(reply.status).toBe(message === 'broken' ? 500 : 503)
      expect(reply.headers.get('access-control-allow-origin')).toBe(FRIEND)
    }
  })

  it('gets its preflight answered, kept for 10 minutes', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const { status, headers, body } = await preflight(FRIEND, method)
      expect([status, body]).toEqual([204, ''])
      expect(headers.get('access-control-allow-origin')).toBe(FRIEND)
      expect(headers.get('access-control-allow-methods')?.split(',')).toContain(method)
      expect(headers.get('access-control-allow-headers')?.split(',').sort()).toEqual([
        'authorization',
        'content-type',
      ])
      expect(headers.get('access-control-max-age')).toBe('600')
      expect(headers.get('access-control-allow-credentials')).toBeNull()
    }
  })
})

describe('any other origin', () => {
  it.each([
    'https://evil.example',
    'null',
    '*',
    'http://app.example',
    'https://app.example.evil.example',
    'https://evil.app.example',
    'https://app.example:8443',
    'https://app.example/',
    'https://APP.EXAMPLE',
    `${FRIEND},https://evil.example`,
    ' ',
  ])('is let in nowhere and never reflected: %s', async (origin) => {
    for (const reply of [
      await ask('/healthz', from(origin)),
      await ask('/nothing', from(origin)),
      await preflight(origin),
    ]) {
      expect(grantsOf(reply.headers)).toEqual([])
      if (origin.includes('example'))
        expect(JSON.stringify([...reply.headers])).not.toContain('evil')
    }
  })

  it('is every origin as long as none is allowed', async () => {
    for (const origin of [FRIEND, 'http://localhost:8787', 'null', '']) {
      const reply = await fetchWith({ ALLOWED_ORIGINS: undefined }, '/healthz', from(origin))
      expect(grantsOf(reply.headers)).toEqual([])
    }
  })
})

describe('Vary: Origin', () => {
  const paths = ['/healthz', '/nothing', '/api/v1/auth/session', '/openapi.json']
  const asks = paths.flatMap((path) => [
    [`GET ${path} without an origin`, path, {}] as const,
    [`GET ${path} from a friend`, path, from(FRIEND)] as const,
    [`GET ${path} from a stranger`, path, from('https://evil.example')] as const,
    [`DELETE ${path}`, path, { method: 'DELETE' }] as const,
    [`OPTIONS ${path}`, path, { method: 'OPTIONS' }] as const,
  ])

  it.each(asks)('stands once on every answer: %s', async (_, path, init) => {
    expect((await ask(path, init)).headers.get('vary')).toBe('Origin')
  })

  it('stands on a preflight, beside the headers it asks for', async () => {
    const { headers } = await preflight(FRIEND)
    expect(headers.get('vary')).toBe('Origin, Access-Control-Request-Headers')
  })
})
