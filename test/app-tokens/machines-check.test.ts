/** The service binding and API keys know tokens of apps, for the audience that the caller names. */
import { exports } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import type { GatehouseBinding } from '../../src/rpc/rpc-types'
import { call } from '../support/api'
import { makeKey } from '../support/api-keys'
import { makeApp, makeResource, type MadeApp } from '../support/apps'
import { stopClock } from '../support/clock'
import { type SignedInUser, staff } from '../support/users'
import { claimsOf, postForm, tokensFor } from './flow'

stopClock()

type Binding = { Gatehouse: (options: object) => GatehouseBinding }
let gatehouse: GatehouseBinding
let root: SignedInUser
let key: string
let app: MadeApp
let api: string
beforeAll(async () => {
  gatehouse = (exports as unknown as Binding).Gatehouse({ props: { app: 'orders' } })
  root = await staff('admin')
  key = (await makeKey(root, ['read:all'])).token
  api = (
    await makeResource({
      scopes: [
        { name: 'look', permission: 'read:all' },
        { name: 'ping' },
        { name: 'admin:system' },
      ],
    })
  ).identifier
  app = await makeApp({ resources: [api], scopes: ['openid', 'look', 'ping', 'admin:system'] })
})

const asKey = (token: string, audience?: string) =>
  call(
    'POST',
    '/api/v1/auth/introspect',
    { token, ...(audience !== undefined && { audience }) },
    { token: key },
  )

test('an API learns the app, the user, the scopes and the permissions of this moment', async () => {
  const user = await staff('moderator')
  const asked = { scopes: ['openid', 'look', 'ping', 'admin:system'], resources: [api] }
  const { access_token } = await tokensFor(app, user, asked)
  const { sub, exp } = claimsOf(access_token)
  const seen = {
    ok: true,
    client_id: app.clientId,
    user: { id: user.id, sub },
    scopes: ['openid', 'look', 'ping', 'admin:system'],
    // A scope is no permission, whatever it is called.
    permissions: ['read:all'],
    audience: [api, 'http://localhost:8787'],
    expires_at: new Date(exp * 1000).toISOString(),
    acr: 'urn:gatehouse:acr:1',
    auth_time: expect.stringMatching(/Z$/),
  }
  expect(await gatehouse.authenticateApp(access_token, api)).toEqual(seen)
  expect((await asKey(access_token, api)).body).toMatchObject({
    active: true,
    client_id: app.clientId,
    sub,
    scope: 'openid look ping admin:system',
    permissions: ['read:all'],
  })
  await root.asks('DELETE', `/admin/users/${user.id}/roles/moderator`)
  expect(await gatehouse.authenticateApp(access_token, api)).toMatchObject({
    scopes: ['openid', 'ping', 'admin:system'],
    permissions: [],
  })
  expect((await asKey(access_token, api)).body).toMatchObject({ permissions: [] })
  await user.asks('POST', '/auth/logout')
  const refused = { ok: false, reason: 'invalid_token' }
  expect(await gatehouse.authenticateApp(access_token, api)).toEqual(refused)
  expect((await asKey(access_token, api)).body).toEqual({ active: false })
})

test('a token for another audience, of another kind or without an audience is refused', async () => {
  const user = await staff()
  const other = (await makeResource()).identifier
  const {
    access_token,
    refresh_token,
    id_token = '',
  } = await tokensFor(app, user, {
    scopes: ['openid', 'ping'],
    resources: [api],
  })
  expect((await gatehouse.authenticateApp(access_token, api)).ok).toBe(true)
  const refused = { ok: false, reason: 'invalid_token' }
  for (const audience of [other, '', 'gatehouse', app.clientId, undefined, null, [api]]) {
    expect(await gatehouse.authenticateApp(access_token, audience as string)).toEqual(refused)
  }
  for (const token of [refresh_token, id_token, user.token, 'x']) {
    expect(await gatehouse.authenticateApp(token, api)).toEqual(refused)
    expect((await asKey(token, api)).body).toEqual({ active: false })
  }
  expect((await asKey(access_token, other)).body).toEqual({ active: false })
  // Callers who know of no apps never take such a token for a session.
  expect((await asKey(access_token)).body).toEqual({ active: false })
  expect(await gatehouse.authenticate(access_token)).toEqual(refused)
  expect(await gatehouse.hasPermission(access_token, 'read:own')).toEqual(refused)
  expect((await asKey(user.token, 'gatehouse')).body).toEqual({ active: false })
  expect(await gatehouse.authenticateApp('', api)).toEqual({ ok: false, reason: 'no_token' })
})

test('a machine is known too, and is no user', async () => {
  const machine = await makeApp({ kind: 'machine', resources: [api], scopes: ['look'] })
  const { body } = await postForm('/oauth/token', { grant_type: 'client_credentials' }, machine)
  expect(await gatehouse.authenticateApp(body.access_token, api)).toMatchObject({
    ok: true,
    client_id: machine.clientId,
    user: null,
    scopes: ['look'],
    permissions: ['read:all'],
    acr: null,
    auth_time: null,
  })
  expect((await asKey(body.access_token, api)).body).toMatchObject({
    active: true,
    sub: machine.clientId,
    scope: 'look',
  })
})
