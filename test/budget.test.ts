/** What each route costs in D1 round trips and object calls, in a warm isolate: exact, so asserted. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import worker from '../src/index'
import { freshIp } from './support/api'
import { makeKey } from './support/api-keys'
import { pass, STEP_UP_MS, stopClock } from './support/clock'
import { freshEmail, PASSWORD, type SignedInUser, signedInUser, staff } from './support/users'
import { registerByApi } from './support/users-by-api'
import { recordingEnv } from './support/wrapped-env'

// The role map must not age between two measurements.
stopClock()

const recording = recordingEnv(env)

/** What is asked for before the answer; what runs after it stands apart. */
async function cost(method: string, path: string, body?: unknown, token?: string) {
  const headers = new Headers({ 'cf-connecting-ip': freshIp(), 'content-type': 'application/json' })
  if (token) headers.set('authorization', `Bearer ${token}`)
  const request = new Request(`http://localhost:8787${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const ctx = createExecutionContext()
  recording.calls.length = 0
  const response = await worker.fetch(request as never, recording.env, ctx)
  const calls = recording.calls.filter((name) => !name.includes('QUEUE'))
  await response.text()
  await waitOnExecutionContext(ctx)
  return {
    status: response.status,
    queries: calls.filter((name) => name.startsWith('DB.')).length,
    objects: calls.filter((name) => !name.startsWith('DB.')),
  }
}

let ada: SignedInUser
beforeAll(async () => {
  ada = await signedInUser({ remember_me: true })
  await cost('GET', '/api/v1/auth/session', undefined, ada.token)
})

describe('an authenticated request costs one object call', () => {
  test('session: no D1 query at all', async () => {
    expect(await cost('GET', '/api/v1/auth/session', undefined, ada.token)).toEqual({
      status: 200,
      queries: 0,
      objects: ['USER_SESSIONS.check'],
    })
  })

  test('profile: and its own query', async () => {
    expect(await cost('GET', '/api/v1/users/profile', undefined, ada.token)).toEqual({
      status: 200,
      queries: 1,
      objects: ['USER_SESSIONS.check'],
    })
  })

  test('changing the profile: one batch and one read', async () => {
    const change = await cost('PUT', '/api/v1/users/profile', { bio: 'x' }, ada.token)
    expect(change).toEqual({ status: 200, queries: 2, objects: ['USER_SESSIONS.check'] })
  })

  test('a sensitive action asks nobody when the session was last proved', async () => {
    const options = () => cost('POST', '/api/v1/users/passkeys/options', {}, ada.token)
    // The first challenge of an isolate asks for the stored passkeys' relying party id.
    await options()
    // The account and its passkeys.
    expect(await options()).toEqual({ status: 200, queries: 2, objects: ['USER_SESSIONS.check'] })
  })

  test('and refuses a session that was proved too long ago without a query', async () => {
    pass(STEP_UP_MS)
    await cost('GET', '/api/v1/users/profile', undefined, ada.token)
    expect(await cost('POST', '/api/v1/users/passkeys/options', {}, ada.token)).toEqual({
      status: 403,
      queries: 0,
      objects: ['USER_SESSIONS.check'],
    })
  })

  test('an API key: one D1 query for the key, its maker and what both permit', async () => {
    const key = await makeKey(await staff('admin'), ['admin:system'])
    const { token } = key
    // Its first use is noted.
    await key.asks('GET', '/admin/roles')
    expect(await cost('GET', '/api/v1/admin/roles', undefined, token)).toEqual({
      status: 200,
      queries: 2,
      objects: [],
    })
    const wrong = `${token.slice(0, -6)}AAAAAA`
    const unknown = `ghk_${'A'.repeat(22)}${token.slice(26)}`
    for (const refused of [wrong, unknown]) {
      expect(await cost('GET', '/api/v1/admin/roles', undefined, refused)).toEqual({
        status: 401,
        queries: 1,
        objects: [],
      })
    }
  })

  test('a forged token wakes no object and asks D1 nothing', async () => {
    const forged = `${ada.token.slice(0, -6)}AAAAAA`
    expect(await cost('GET', '/api/v1/auth/session', undefined, forged)).toEqual({
      status: 401,
      queries: 0,
      objects: [],
    })
  })
})

describe('signing in', () => {
  test('sign-in: one D1 query, and nothing written', async () => {
    const signIn = await cost('POST', '/api/v1/auth/login', {
      username: ada.email,
      password: ada.password,
    })
    expect(signIn).toEqual({
      status: 200,
      queries: 1,
      objects: ['THROTTLE.reserve', 'THROTTLE.settle', 'USER_SESSIONS.openSession'],
    })
  })

  test('a failed sign-in: one D1 query, one object call, whether or not there is an account', async () => {
    const wrong = { password: 'Wrong-Horse-7' }
    const known = await cost('POST', '/api/v1/auth/login', { username: ada.email, ...wrong })
    const unknown = await cost('POST', '/api/v1/auth/login', { username: freshEmail(), ...wrong })
    expect(known).toEqual({ status: 401, queries: 1, objects: ['THROTTLE.reserve'] })
    expect(unknown).toEqual(known)
  })

  test('refresh: one D1 query and one object call', async () => {
    const refresh = { refresh_token: ada.refreshToken }
    expect(await cost('POST', '/api/v1/auth/refresh', refresh)).toEqual({
      status: 200,
      queries: 1,
      objects: ['USER_SESSIONS.rotate'],
    })
  })

  test('logout: one object call and no D1 query', async () => {
    const bob = await signedInUser()
    expect(await cost('POST', '/api/v1/auth/logout', undefined, bob.token)).toEqual({
      status: 204,
      queries: 0,
      objects: ['USER_SESSIONS.revokeSession'],
    })
  })
})

test('revoking a user’s sessions: one read, one batch, the object, and a row deleted after the answer', async () => {
  const [root, bob] = [await staff('admin'), await staff()]
  const path = `/api/v1/admin/users/${bob.id}`
  const objects = (...names: string[]) => names.map((name) => `USER_SESSIONS.${name}`)
  await cost('GET', path, undefined, root.token)
  expect(await cost('DELETE', `${path}/sessions/${bob.sessionId}`, undefined, root.token)).toEqual({
    status: 204,
    queries: 3,
    objects: objects('check', 'listSessions', 'revokeSession'),
  })
  // And the object is told that what is pending under the credentials is revoked.
  expect(await cost('DELETE', `${path}/sessions`, undefined, root.token)).toEqual({
    status: 204,
    queries: 4,
    objects: objects('check', 'revokeSessions', 'syncAccountState'),
  })
  const { results } = await env.DB.prepare('SELECT kind FROM outbox WHERE subject = ?')
    .bind(bob.subject)
    .all()
  expect(results).toEqual([])
})

test('revoking one\u2019s own other sessions: one batch, one read, the object, and a row deleted after the answer', async () => {
  const bob = await staff()
  await cost('GET', '/api/v1/auth/session', undefined, bob.token)
  expect(await cost('DELETE', '/api/v1/users/sessions', undefined, bob.token)).toEqual({
    status: 204,
    queries: 3,
    objects: ['check', 'revokeSessions', 'syncAccountState'].map((name) => `USER_SESSIONS.${name}`),
  })
})

test('register: one batch, one read, and the network’s budget', async () => {
  const email = freshEmail()
  const body = { email, password: PASSWORD, full_name: 'Grace Hopper' }
  expect(await cost('POST', '/api/v1/auth/register', body)).toEqual({
    status: 201,
    queries: 2,
    objects: ['THROTTLE.reserve'],
  })
})

test('resend: the same calls for a pending, an invited, an active and an unknown address', async () => {
  const costs = []
  const { email: pending } = await registerByApi()
  const invited = freshEmail()
  const invitation = { email: invited, full_name: 'Eve Evans' }
  await (await staff('admin')).asks('POST', '/admin/users', invitation)
  for (const email of [ada.email, pending, invited, freshEmail()]) {
    costs.push(await cost('POST', '/api/v1/auth/resend-verification', { email }))
  }
  const objects = ['THROTTLE.reserve', 'THROTTLE.reserve']
  expect(costs[0]).toEqual({ status: 202, queries: 1, objects })
  for (const each of costs) expect(each).toEqual(costs[0])
})

test('forgot: the same calls for an active and an unknown address', async () => {
  const objects = ['THROTTLE.reserve', 'THROTTLE.reserve']
  for (const email of [ada.email, freshEmail()]) {
    const asked = await cost('POST', '/api/v1/auth/forgot-password', { email })
    expect(asked).toEqual({ status: 202, queries: 1, objects })
  }
})
