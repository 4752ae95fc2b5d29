/** Introspection: who may ask, what an active token tells, and that all others are one answer. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import worker from '../../src/index'
import { call, said, send } from '../support/api'
import { type Key, makeKey } from '../support/api-keys'
import { HOUR, pass, stopClock } from '../support/clock'
import { challengeOf, userWithSecondFactor } from '../support/second-factor'
import { under } from '../support/under'
import { makeUser, PASSWORD, type SignedInUser, signedInUser, staff } from '../support/users'
import { postSignIn } from '../support/users-by-api'
import { fetchWith } from '../support/worker'
import { recordingEnv, wrapEnv } from '../support/wrapped-env'

stopClock()

let root: SignedInUser
let key: Key
beforeAll(async () => {
  root = await staff('admin')
  key = await makeKey(root)
})

const introspect = (token: string, more: object = {}) =>
  key.asks('POST', '/auth/introspect', { token, ...more })
const isActive = async (token: string) => {
  const { status, body } = await introspect(token)
  expect(status).toBe(200)
  if (!body.active) expect(body).toEqual({ active: false })
  return body.active
}

describe('an active token', () => {
  test('returns the user id, current scope and expiry, and nothing else about the user', async () => {
    const bob = await staff('moderator')
    const { headers, body } = await introspect(bob.token, { token_type_hint: 'refresh_token' })
    expect(headers.get('cache-control')).toBe('no-store')
    const issuedAt = Math.floor(Date.now() / 1000)
    expect(body).toEqual({
      active: true,
      sub: String(bob.id),
      sid: bob.sessionId,
      scope: 'read:all read:own write:own',
      roles: ['moderator', 'user'],
      token_type: 'Bearer',
      iss: 'http://localhost:8787',
      aud: 'gatehouse',
      jti: expect.any(String),
      iat: issuedAt,
      exp: issuedAt + 3600,
      amr: ['pwd'],
      auth_time: issuedAt,
    })
  })

  test('asked for by a form, as RFC 7662 has it', async () => {
    const { token } = await staff()
    const reply = await key.asks('POST', '/auth/introspect', { token }, { form: true })
    expect(reply.body.active).toBe(true)
  })

  test('costs the key\u2019s query and one object call', async () => {
    const bob = await staff()
    const recorded = recordingEnv(env)
    const ask = async () => {
      recorded.calls.length = 0
      const request = new Request('http://localhost:8787/api/v1/auth/introspect', {
        method: 'POST',
        headers: { authorization: `Bearer ${key.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ token: bob.token }),
      })
      const ctx = createExecutionContext()
      await worker.fetch(request as never, recorded.env, ctx)
      await waitOnExecutionContext(ctx)
    }
    await ask()
    await ask()
    expect(recorded.calls).toEqual(['DB.all', 'USER_SESSIONS.check'])
  })
})

describe('at the next question a token is inactive', () => {
  const cases: [string, (bob: SignedInUser) => Promise<unknown>][] = [
    ['its session was signed out', (bob) => bob.asks('POST', '/auth/logout')],
    [
      'its session was revoked',
      (bob) => root.asks('DELETE', `/admin/users/${bob.id}/sessions/${bob.sessionId}`),
    ],
    [
      'its user was deactivated',
      (bob) => root.asks('PUT', `/admin/users/${bob.id}/status`, { is_active: false }),
    ],
    ['its user was erased', (bob) => root.asks('DELETE', `/admin/users/${bob.id}`)],
    [
      'its user changed their password',
      (bob) =>
        bob.asks('POST', '/users/change-password', {
          current_password: PASSWORD,
          new_password: 'Another-Horse-8',
        }),
    ],
    [
      'it became restricted',
      (bob) => root.asks('POST', `/admin/users/${bob.id}/require-password-change`),
    ],
  ]
  test.each(cases)('when %s', async (_, end) => {
    const bob = await staff()
    expect(await isActive(bob.token)).toBe(true)
    await end(bob)
    expect(await isActive(bob.token)).toBe(false)
  })

  test('and a permission that was taken is not in its scope', async () => {
    const bob = await staff('moderator')
    expect((await introspect(bob.token)).body.scope).toContain('read:all')
    await root.asks('DELETE', `/admin/users/${bob.id}/roles/moderator`)
    expect((await introspect(bob.token)).body.scope).toBe('read:own write:own')
  })
})

test('whatever is no access token is inactive', async () => {
  const bob = await signedInUser({ remember_me: true })
  const [head, body, signature = ''] = bob.token.split('.')
  const half = await challengeOf(await userWithSecondFactor())
  const others = [
    '',
    'x',
    'a.b.c',
    bob.refreshToken ?? '',
    bob.sessionId,
    half,
    key.token,
    `${head}.${body}.${signature.split('').reverse().join('')}`,
    `${head}.${body}.`,
    `${bob.token}.`,
  ]
  for (const token of others) expect(await isActive(token), token).toBe(false)
  expect(await isActive(bob.token)).toBe(true)
})

describe('requests are counted', () => {
  // The runtime's own limiter, with 10 a minute.
  const FEW = env.REGISTER_LIMIT
  const asking = (limits: Record<string, unknown>, by: Key) => (token: string) =>
    under(limits).post('/api/v1/auth/introspect', { token }, by.token)

  test('for a key, but not those with garbage, which its callers send', async () => {
    const mine = await makeKey(root)
    const ask = asking({ API_KEY_LIMIT: FEW }, mine)
    const { token } = await staff()
    for (let n = 0; n < 30; n++) {
      const garbage = n % 2 ? `${token.slice(0, -6)}AAAAAA` : `garbage ${n}`
      expect((await ask(garbage)).body).toEqual({ active: false })
    }
    expect((await ask(token)).body.active).toBe(true)
  })

  test('for one user, so that one user does not use up the key', async () => {
    const mine = await makeKey(root)
    const ask = asking({ INTROSPECTION_LIMIT: FEW }, mine)
    const [loud, other] = [await staff(), await staff()]
    const statuses = new Set<number>()
    for (let n = 0; n < 25; n++) statuses.add((await ask(loud.token)).status)
    expect([...statuses]).toEqual([200, 429])
    expect((await ask(other.token)).body.active).toBe(true)
  })
})

test('only a key with read:all may introspect', async () => {
  const { token } = await staff()
  const ask = (by: string | undefined) =>
    call('POST', '/api/v1/auth/introspect', { token }, { token: by })
  for (const by of [undefined, token, root.token, 'x']) {
    expect(said(await ask(by))).toBe('401 invalid_access_token')
  }
  const other = await makeKey(root, ['admin:system', 'admin:users'])
  expect(said(await ask(other.token))).toBe('403 forbidden')
  const basic = await send('/api/v1/auth/introspect', {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`x:${key.token}`)}` },
    body: new URLSearchParams({ token }),
  })
  expect(said(basic)).toBe('401 invalid_access_token')
})

test('a fault is not an inactive token', async () => {
  const { token } = await staff()
  const broken = wrapEnv(env, ({ name }, go) =>
    name.startsWith('USER_SESSIONS')
      ? Promise.reject(Object.assign(new Error('Network connection lost.'), { retryable: true }))
      : go(),
  )
  const reply = await fetchWith(broken as never, '/api/v1/auth/introspect', {
    method: 'POST',
    headers: { authorization: `Bearer ${key.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  })
  expect(said(reply)).toBe('503 unavailable')
  expect(reply.headers.get('retry-after')).not.toBeNull()
})

test('a token is inactive when its hour is over, though its session lives', async () => {
  const bob = await makeUser()
  const { body } = await postSignIn(bob)
  pass(HOUR)
  expect(await isActive(body.access_token)).toBe(false)
})
