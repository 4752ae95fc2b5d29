/**
 * Every route of the product while D1, the users' objects or the throttle are down: no success without
 * the check that it owes, no 500, and always when to come back. Writes are asked as the fault sweep
 * asks them, with all that would make them succeed.
 */
import { env } from 'cloudflare:workers'
import { decodeProtectedHeader } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { routes } from '../../src/app'
import type { Route } from '../../src/http/route'
import { KEY_CACHE_MS } from '../../src/sessions/tokens/signing-keys'
import { accountFlows } from '../faults/account-flows'
import { factorFlows } from '../faults/factor-flows'
import { moreOAuthFlows, oauthFlows } from '../faults/oauth-flows'
import { ownAppFlows } from '../faults/own-app-flows'
import { passkeyFlows } from '../faults/passkey-flows'
import { staffFlows } from '../faults/staff-flows'
import { trustedDeviceFlows } from '../faults/trusted-device-flows'
import { get, post } from '../support/api'
import { makeApp } from '../support/apps'
import { pass, SECOND, stopClock } from '../support/clock'
import { PASSWORD, type SignedInUser, signedInUser, staff } from '../support/users'
import { consoleLines } from '../support/worker'
import { all, type Ask, Breakdown, expectUnavailable, type FAULTS } from './breakdown'

stopClock()
vi.setConfig({ testTimeout: 60_000 })

const flows = {
  ...accountFlows,
  ...factorFlows,
  ...passkeyFlows,
  ...trustedDeviceFlows,
  ...ownAppFlows,
  ...oauthFlows,
  ...moreOAuthFlows,
  ...staffFlows,
}
const titleOf = ({ method, path }: Pick<Route, 'method' | 'path'>) =>
  `${method.toUpperCase()} ${path}`

let root: SignedInUser
beforeAll(async () => {
  root = await staff('admin')
  // The first challenge of an isolate asks D1 for the stored passkeys' relying party id.
  await post('/api/v1/auth/passkey/options')
  // The key set makes the keys that are missing.
  await get('/.well-known/jwks.json')
})

const ADMINS = "FROM user_roles WHERE role_id = (SELECT id FROM roles WHERE name = 'admin')"
let admins: { user_id: number; role_id: number }[] = []
beforeEach(async () => {
  consoleLines()
  admins = (await env.DB.prepare(`SELECT user_id, role_id ${ADMINS}`).all<(typeof admins)[0]>())
    .results
  // One of the routes retires the signing keys and revokes every session: later than any isolate remembers
  // the retired keys, there is another admin.
  const key = env.DB.prepare('SELECT 1 FROM signing_keys WHERE kid = ?')
  if (!(await key.bind(decodeProtectedHeader(root.token).kid).first())) {
    pass(KEY_CACHE_MS + SECOND)
    root = await staff('admin')
  }
})
/** Setup wants a world without admins; the others want theirs back. */
afterEach(async () => {
  const back = env.DB.prepare(
    'INSERT INTO user_roles VALUES (?, ?, 0, NULL) ON CONFLICT DO NOTHING',
  )
  await env.DB.batch(admins.map(({ user_id, role_id }) => back.bind(user_id, role_id)))
})

/** Others are deleted by what else is asked here. */
async function newHook(): Promise<string> {
  const made = {
    url: 'http://localhost:9/events',
    events: ['user.erased'],
    password: PASSWORD,
  }
  return (await root.asks('POST', '/admin/webhooks', made)).body.id
}

/** The request of a route that would succeed, as far as the rest of the world is well. */
async function askFor(route: Route): Promise<Ask> {
  const make = flows[titleOf(route)]
  if (make) return (await make()).ask
  if (ALONE.includes(titleOf(route)))
    return { method: route.method.toUpperCase(), path: route.path }
  expect(route.method, titleOf(route)).toBe('get')
  const bob = await signedInUser()
  const hook = route.path.includes('/webhooks/{id}') ? await newHook() : ''
  const app = route.path.includes('{client_id}') ? (await makeApp()).clientId : ''
  const path = route.path
    .replace('{client_id}', app)
    .replace('/admin/users/{id}', `/admin/users/${bob.id}`)
    .replace('/admin/webhooks/{id}', `/admin/webhooks/${hook}`)
    .replace('/admin/roles/{name}', '/admin/roles/moderator')
    .replace('{name}', 'read:own')
  return { method: 'GET', path, token: root.token }
}

/** What a warm isolate answers without D1: it has asked the object, which is the check. */
const WITHOUT_D1 = [
  'GET /api/v1/auth/session',
  'GET /api/v1/users/permissions',
  'GET /api/v1/users/permissions/{name}',
  'DELETE /api/v1/users/sessions/{id}',
  'POST /api/v1/auth/logout',
  'GET /api/v1/users/trusted-devices',
  'PATCH /api/v1/users/trusted-devices/{id}',
  'DELETE /api/v1/users/trusted-devices/{id}',
  'DELETE /api/v1/users/trusted-devices',
  'DELETE /api/v1/users/apps/{client_id}',
  'GET /.well-known/jwks.json',
]
/** What asks nobody for anything. */
const ALONE = [
  'GET /api/v1/auth/password-policy',
  'GET /openapi.json',
  'GET /.well-known/webauthn',
  'GET /.well-known/openid-configuration',
  'GET /.well-known/oauth-authorization-server',
  'GET /.well-known/passkey-endpoints',
  'POST /api/v1/auth/passkey/options',
]

const isGuarded = ({ access }: Route) => access !== 'anyone'
/** Behind a guard that asks the user's object. A device has no user yet. */
const needsObject = (route: Route) => isGuarded(route) && route.path !== '/oauth/device'

/** An isolate, warm or not, in which one kind of call fails from now on. */
async function broken(kind: string, way: keyof typeof FAULTS, isWarm: boolean): Promise<Breakdown> {
  const isolate = new Breakdown()
  if (isWarm) {
    await isolate.ask({ method: 'GET', path: '/api/v1/auth/session', token: root.token })
  }
  isolate.calls = []
  isolate.fails = all(kind, way)
  return isolate
}

describe.each(routes)('$method $path', (route) => {
  const title = titleOf(route)

  test('says so while D1 is down, or does what needs none, and works when D1 is back', async () => {
    const ask = await askFor(route)
    const cold = await (await broken('DB', 'D1 lost', false)).ask(ask)
    if (ALONE.includes(title)) expect(cold.status).toBe(200)
    else expectUnavailable(cold, 'cold')

    const warm = await broken('DB', 'D1 overloaded', true)
    const reply = await warm.ask(ask)
    if (![...WITHOUT_D1, ...ALONE].includes(title)) {
      expectUnavailable(reply, 'warm')
      const { status, body } = await new Breakdown().ask(ask)
      expect(status, JSON.stringify(body)).toBeLessThan(300)
      return
    }
    expect(reply.status).toBeLessThan(300)
    if (isGuarded(route)) expect(warm.calls.join()).toMatch(/USER_SESSIONS\.(check|revokeSession)/)
  })

  test('lets nobody in while objects are down, and says so', async () => {
    const ask = await askFor(route)
    // Behind the guard nothing has happened yet, so the same may be asked twice.
    const ways = [
      'object overloaded',
      ...(needsObject(route) ? ['object lost' as const] : []),
    ] as const
    for (const way of ways) {
      const reply = await (await broken('USER_SESSIONS', way, true)).ask(ask)
      if (needsObject(route) || reply.status >= 500) expectUnavailable(reply, way)
      else expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300)
    }
  })

  test('compares nothing uncounted while the throttle is down, and says so', async () => {
    const isolate = await broken('THROTTLE', 'object lost', true)
    const reply = await isolate.ask(await askFor(route))
    const isCounted = isolate.calls.some((name) => name.startsWith('THROTTLE.reserve'))
    if (isCounted || reply.status >= 500) expectUnavailable(reply, 'throttle')
    else expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300)
  })
})
