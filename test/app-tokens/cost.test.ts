/** What each use of an app's token costs in a warm isolate: D1 queries and object calls, exactly. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import worker from '../../src/index'
import { Gatehouse } from '../../src/rpc/rpc'
import { makeApp, makeResource, type MadeApp, REDIRECT_URI } from '../support/apps'
import { stopClock } from '../support/clock'
import { signedInUser } from '../support/users'
import { wrapEnv } from '../support/wrapped-env'
import { basic, codeFor, tokensFor, VERIFIER } from './flow'

stopClock()

const calls: string[] = []
const watched = wrapEnv(env, ({ name }, go) => {
  calls.push(name)
  return go()
})

interface Asked {
  path: string
  fields?: Record<string, string>
  authorization?: string
}
async function ask({ path, fields, authorization }: Asked) {
  calls.length = 0
  const ctx = createExecutionContext()
  const response = await worker.fetch(
    new Request(`http://localhost:8787${path}`, {
      method: fields ? 'POST' : 'GET',
      headers: {
        'cf-connecting-ip': '192.0.2.1',
        ...(fields && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(authorization !== undefined && { authorization }),
      },
      ...(fields && { body: new URLSearchParams(fields).toString() }),
    }) as never,
    watched,
    ctx,
  )
  const text = await response.text()
  await waitOnExecutionContext(ctx)
  return { status: response.status, body: text === '' ? null : JSON.parse(text) }
}

/** D1 queries and calls of the user's object, since the last request began. */
const cost = () => [
  calls.filter((name) => name.startsWith('DB.')).length,
  calls.filter((name) => name.startsWith('USER_SESSIONS.')).length,
]

let app: MadeApp
let machine: MadeApp
let api: { id: string; identifier: string; secret: string }
const by = ({ clientId, secret }: MadeApp) => basic(clientId, secret ?? '')
beforeAll(async () => {
  api = await makeResource({ scopes: [{ name: 'read', permission: 'read:own' }] })
  app = await makeApp({
    resources: [api.identifier],
    scopes: ['openid', 'profile', 'email', 'read'],
  })
  machine = await makeApp({ kind: 'machine', resources: [api.identifier], scopes: ['read'] })
  // Warms the isolate: apps, roles, both signing keys, the sector's salt.
  const fields = { grant_type: 'client_credentials' }
  await ask({ path: '/oauth/token', fields, authorization: by(machine) })
  const { access_token } = await tokensFor(app, await signedInUser())
  await ask({ path: '/oauth/userinfo', authorization: `Bearer ${access_token}` })
  await ask({ path: '/.well-known/jwks.json' })
})

const resources = () => [api.identifier]

test('a code costs one call, and so does a refresh', async () => {
  const code = await codeFor(app, await signedInUser(), {
    scopes: ['openid', 'read'],
    resources: resources(),
  })
  const fields = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: VERIFIER,
  }
  const reply = await ask({ path: '/oauth/token', fields, authorization: by(app) })
  expect([reply.status, ...cost()]).toEqual([200, 0, 1])
  const { refresh_token } = reply.body
  const again = { grant_type: 'refresh_token', refresh_token }
  const refreshed = await ask({ path: '/oauth/token', fields: again, authorization: by(app) })
  expect([refreshed.status, ...cost()]).toEqual([200, 0, 1])
  expect(calls).toHaveLength(1)
})

test('client credentials cost nothing', async () => {
  const fields = { grant_type: 'client_credentials', resource: api.identifier }
  const reply = await ask({ path: '/oauth/token', fields, authorization: by(machine) })
  expect([reply.status, reply.body.scope, ...cost()]).toEqual([200, 'read', 0, 0])
  expect(calls).toEqual([])
})

test('userinfo costs one query and one call, introspection and the service binding one call', async () => {
  const asked = { scopes: ['openid', 'profile', 'email', 'read'], resources: resources() }
  const { access_token: token } = await tokensFor(app, await signedInUser(), asked)
  const info = await ask({ path: '/oauth/userinfo', authorization: `Bearer ${token}` })
  expect([info.status, ...cost()]).toEqual([200, 1, 1])
  for (const authorization of [by(app), basic(api.id, api.secret)]) {
    const seen = await ask({ path: '/oauth/introspect', fields: { token }, authorization })
    expect([seen.body.active, ...cost()]).toEqual([true, 0, 1])
    expect(calls).toHaveLength(1)
  }
  calls.length = 0
  const binding = new Gatehouse(createExecutionContext() as never, watched)
  expect((await binding.authenticateApp(token, api.identifier)).ok).toBe(true)
  expect(cost()).toEqual([0, 1])
})

test('a revocation costs one call, and a token that is none of ours nothing', async () => {
  const { refresh_token } = await tokensFor(app, await signedInUser())
  const reply = await ask({
    path: '/oauth/revoke',
    fields: { token: refresh_token },
    authorization: by(app),
  })
  expect([reply.status, ...cost()]).toEqual([200, 0, 1])
  for (const token of ['x', 'a.b', `${refresh_token}x`]) {
    for (const path of ['/oauth/revoke', '/oauth/introspect']) {
      await ask({ path, fields: { token }, authorization: by(app) })
      expect(cost()).toEqual([0, 0])
    }
  }
})
