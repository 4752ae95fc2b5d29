/** How @gatehouse/client tells its caller that a request failed: each kind of failure in its own way. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createGatehouse,
  type Gatehouse,
  type GatehouseFailure,
  GatehouseProblem,
  GatehouseTimeout,
  GatehouseUnreachable,
  isGatehouseFailure,
  memoryTokens,
} from '../../packages/client/src/index.ts'
import { PASSWORD, type RunningService, startService } from './running-service.ts'

let service: RunningService
beforeAll(async () => {
  service = await startService()
}, 60_000)
afterAll(() => service.stop())

const servers: Server[] = []
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

/** A server that stands where the service should, and does something else. */
async function instead(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const client = (baseUrl: string, accessToken?: string, timeoutMs = 10_000): Gatehouse => {
  const tokens = memoryTokens()
  if (accessToken)
    void tokens.set({ accessToken, expiresAt: Date.now() + 60_000, refreshToken: 'r' })
  return createGatehouse({ baseUrl, tokens, timeoutMs })
}

async function failureOf(call: Promise<unknown>): Promise<GatehouseFailure> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isGatehouseFailure(error)) throw new Error(`no failure: ${String(error)}`)
  return error
}

const profile = (gatehouse: Gatehouse) => failureOf(gatehouse.get('/api/v1/users/profile'))

describe('three different things', () => {
  it('a wrong token is unauthorised', async () => {
    const failure = await profile(client(service.base, 'wrong.to.ken'))
    expect(failure).toBeInstanceOf(GatehouseProblem)
    expect(failure).toMatchObject({ outcome: 'unauthorised', status: 401 })
  })

  it('a stopped service is unreachable, with the cause', async () => {
    const base = await instead(() => undefined)
    servers.at(-1)?.close()
    const failure = await profile(client(base, 'any.to.ken'))
    expect(failure).toBeInstanceOf(GatehouseUnreachable)
    expect(failure.outcome).toBe('unreachable')
    expect(failure.cause).toBeInstanceOf(Error)
  })

  it.each([
    ['never answers', () => undefined],
    ['never ends its answer', (_: unknown, response) => response.write('{"id":')],
  ] as [string, RequestListener][])(
    'a slow service, which %s, has timed out',
    async (_, listener) => {
      const began = Date.now()
      const failure = await profile(client(await instead(listener), 'any.to.ken', 300))
      expect(failure).toBeInstanceOf(GatehouseTimeout)
      expect(failure.outcome).toBe('timed_out')
      expect(Date.now() - began).toBeGreaterThanOrEqual(295)
      expect(Date.now() - began).toBeLessThan(3000)
    },
  )
})

describe('a refusal', () => {
  it('has its code, its words and the name of its request', async () => {
    const email = await service.verifiedEmail()
    const failure = await failureOf(
      client(service.base).signIn({ email, password: 'Wrong-Horse-7' }),
    )
    expect(failure).toMatchObject({
      outcome: 'refused',
      status: 401,
      code: 'invalid_credentials',
      message: 'Incorrect email or password',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      errors: [],
    })
  })

  it('names every failing field', async () => {
    const body = { email: 'x', password: 'short', full_name: '' }
    const failure = await failureOf(client(service.base).post('/api/v1/auth/register', { body }))
    if (!(failure instanceof GatehouseProblem)) throw failure
    expect(failure.code).toBe('validation_failed')
    expect([...new Set(failure.errors.map(({ path }) => path))].sort()).toEqual([
      'email',
      'full_name',
      'password',
    ])
  })

  it('says when to come back', async () => {
    const credentials = { email: 'nobody@example.com', password: PASSWORD }
    const calls = Array.from({ length: 12 }, () => client(service.base).signIn(credentials))
    const failures = await Promise.all(calls.map(failureOf))
    const throttled = failures.filter((each) => each instanceof GatehouseProblem)
    const last = throttled.find(({ status }) => status === 429)
    expect(last?.code).toBe('too_many_attempts')
    expect(last?.retryAfter).toBeGreaterThan(0)
  })
})

describe('what answers in place of the service', () => {
  const html: RequestListener = (_, response) => {
    response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>')
  }

  it('with an error that is no problem of ours, is unreachable', async () => {
    const failure = await profile(client(await instead(html), 'any.to.ken'))
    expect(failure).toBeInstanceOf(GatehouseUnreachable)
    expect(failure.message).toContain('502')
  })

  it('with something that is no JSON, is unreachable', async () => {
    const base = await instead((_, response) => response.end('<h1>Hello</h1>'))
    expect((await profile(client(base, 'any.to.ken'))).outcome).toBe('unreachable')
  })

  it('while a token is renewed, signs nobody out', async () => {
    const base = await instead((request, response) => {
      const status = request.url === '/api/v1/auth/refresh' ? 503 : 401
      const code = status === 401 ? 'invalid_access_token' : 'unavailable'
      const problem = { code, status, detail: 'd', title: 't', type: 't', instance: '/' }
      response
        .writeHead(status, { 'content-type': 'application/problem+json', 'retry-after': '5' })
        .end(JSON.stringify({ ...problem, request_id: 'r' }))
    })
    const tokens = memoryTokens()
    const before = { accessToken: 'a', expiresAt: Date.now() + 60_000, refreshToken: 'r' }
    await tokens.set(before)
    const failure = await profile(createGatehouse({ baseUrl: base, tokens }))
    expect(failure).toMatchObject({ outcome: 'failed', status: 503, retryAfter: 5 })
    expect(await tokens.get()).toEqual(before)
  })
})

it('an aborted call rejects with the caller’s own reason, and other calls go on', async () => {
  const base = await instead((_, response) => {
    setTimeout(() => response.setHeader('content-type', 'application/json').end('{"id":1}'), 300)
  })
  const gatehouse = client(base, 'any.to.ken')
  const own = new AbortController()
  const calls = [
    gatehouse.get('/api/v1/users/profile', { signal: own.signal }),
    gatehouse.get('/api/v1/users/profile'),
  ]
  own.abort(new Error('the page is gone'))
  const [first, second] = await Promise.allSettled(calls)
  expect(first).toMatchObject({ status: 'rejected', reason: { message: 'the page is gone' } })
  expect(second).toMatchObject({ status: 'fulfilled', value: { id: 1 } })
})

it('a base that is no URL is a fault of the program, at once', () => {
  expect(() => createGatehouse({ baseUrl: 'auth.example.com' })).toThrow(TypeError)
})
