import { beforeAll, describe, expect, it } from 'vitest'
import { call, get, post, type Reply, send } from '../support/api'
import { makeUser, PASSWORD, type SignedInUser, signedInUser } from '../support/users'
import { postSignIn } from '../support/users-by-api'
import { consoleLines, fetchWith } from '../support/worker'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

let ada: SignedInUser
beforeAll(async () => {
  ada = await signedInUser({ remember_me: true })
})

/** One answer of every sort: good ones, refusals and faults. */
const answers: [string, () => Promise<Reply>][] = [
  ['200', () => get('/healthz')],
  ['200 of the OpenAPI document', () => get('/openapi.json')],
  ['200 of the keys', () => get('/.well-known/jwks.json')],
  ['200 with a session', () => get('/api/v1/users/profile', { token: ada.token })],
  ['202', () => post('/api/v1/auth/resend-verification', { email: 'nobody@example.com' })],
  [
    '204 of a preflight',
    () =>
      call('OPTIONS', '/healthz', undefined, {
        headers: { origin: 'https://x.example', 'access-control-request-method': 'GET' },
      }),
  ],
  ['204 of OPTIONS', () => call('OPTIONS', '/healthz')],
  ['400', () => post('/api/v1/auth/verify-email', { token: 'x' })],
  ['401', () => get('/api/v1/auth/session')],
  [
    '403',
    () =>
      post('/api/v1/setup', {
        token: 'wrong',
        email: 'a@example.com',
        password: PASSWORD,
        full_name: 'Ada',
      }),
  ],
  ['404', () => get('/nothing')],
  ['405', () => call('DELETE', '/healthz')],
  [
    '409',
    () => post('/api/v1/auth/register', { email: ada.email, password: PASSWORD, full_name: 'Ada' }),
  ],
  ['413', () => send('/api/v1/auth/login', { method: 'POST', body: 'x'.repeat(70_000) })],
  ['415', () => send('/api/v1/auth/login', { method: 'POST', body: 'x' })],
  ['422', () => post('/api/v1/auth/login', {})],
  [
    '500',
    () => {
      consoleLines()
      return fetchWith(
        {
          DB: {
            prepare() {
              throw new Error('x')
            },
          },
        },
        '/api/v1/auth/login',
        {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: 'username=a&password=b',
        },
      )
    },
  ],
  [
    '503',
    () => {
      consoleLines()
      return fetchWith({ DATA_KEYS: undefined }, '/healthz')
    },
  ],
  ['a HEAD', () => fetchWith({}, '/healthz', { method: 'HEAD' })],
]

describe.each(answers)('%s', (title, ask) => {
  let reply: Reply
  beforeAll(async () => {
    reply = await ask()
  })

  it('is what its title says', () => {
    if (/^\d/.test(title)) expect(reply.status).toBe(Number(title.slice(0, 3)))
  })

  it('carries the security headers', () => {
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'strict-transport-security': expect.stringMatching(/^max-age=\d{8}/),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(reply.headers.get('server')).toBeNull()
    expect(reply.headers.get('x-powered-by')).toBeNull()
  })

  it('carries a request id of our own making', () => {
    expect(reply.headers.get('x-request-id')).toMatch(UUID)
    if (reply.body.request_id) expect(reply.body.request_id).toBe(reply.headers.get('x-request-id'))
  })
})

describe('the request id', () => {
  it("is another for every request, and never the client's", async () => {
    const headers = { 'x-request-id': 'mine', 'cf-ray': 'mine', 'x-correlation-id': 'mine' }
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => get('/nothing', { headers })),
    )
    const ids = new Set(replies.map((reply) => reply.headers.get('x-request-id')))
    expect(ids.size).toBe(20)
    expect(JSON.stringify(replies.map((reply) => [...reply.headers, reply.body]))).not.toContain(
      'mine',
    )
  })
})

describe('an answer that is private is never stored', () => {
  const noStore = (reply: Reply) =>
    expect([reply.status, reply.headers.get('cache-control')]).toEqual([reply.status, 'no-store'])

  it('with tokens in it: sign-in and refresh', async () => {
    const signedIn = await postSignIn(await makeUser(), { remember_me: true })
    noStore(signedIn)
    noStore(await post('/api/v1/auth/refresh', { refresh_token: signedIn.body.refresh_token }))
  })

  it('asked for with a token: session, profile, sign-out', async () => {
    const { token } = await signedInUser()
    noStore(await get('/api/v1/auth/session', { token }))
    noStore(
      await fetchWith({}, '/api/v1/auth/session', {
        method: 'HEAD',
        headers: { authorization: `Bearer ${token}` },
      }),
    )
    noStore(await get('/api/v1/users/profile', { token }))
    noStore(await call('PATCH', '/api/v1/users/profile', { bio: 'x' }, { token }))
    noStore(await post('/api/v1/auth/logout', undefined, { token }))
  })

  it('or a problem', async () => {
    noStore(await get('/nothing'))
    noStore(await get('/api/v1/auth/session', { token: 'x' }))
  })
})

describe('HEAD', () => {
  it.each([
    '/healthz',
    '/openapi.json',
    '/.well-known/jwks.json',
    '/api/v1/auth/password-policy',
    '/nothing',
    '/api/v1/auth/session',
  ])('answers as GET does, without a body: %s', async (path) => {
    const [head, full] = [await fetchWith({}, path, { method: 'HEAD' }), await get(path)]
    expect(head.status).toBe(full.status)
    expect(head.body).toBe('')
    const own = new Set(['x-request-id', 'server-timing', 'content-length'])
    const headersOf = (reply: Reply) => [...reply.headers].filter(([name]) => !own.has(name))
    expect(headersOf(head)).toEqual(headersOf(full))
  })

  it('on a path that only takes POST is 405', async () => {
    const reply = await fetchWith({}, '/api/v1/auth/login', { method: 'HEAD' })
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
  })
})

describe('OPTIONS', () => {
  it('that is no preflight tells the methods of a path', async () => {
    for (const [path, allow] of [
      ['/healthz', 'GET, HEAD, OPTIONS'],
      ['/api/v1/users/profile', 'GET, PUT, PATCH, HEAD, OPTIONS'],
    ] as const) {
      const reply = await call('OPTIONS', path)
      expect([reply.status, reply.body, reply.headers.get('allow')]).toEqual([204, '', allow])
    }
  })

  it('on an address that does not exist is 404', async () => {
    expect((await call('OPTIONS', '/nothing')).status).toBe(404)
  })
})

describe('links and origins', () => {
  it('never come from the Host that a client names', async () => {
    const reply = await send('http://evil.example/nothing', {
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
    })
    expect(JSON.stringify([reply.body, ...reply.headers])).not.toContain('evil')
    const document = await send('http://evil.example/openapi.json', {})
    expect(JSON.stringify(document.body)).not.toContain('evil')
    expect(document.body.servers).toEqual([{ url: '/' }])
  })
})
