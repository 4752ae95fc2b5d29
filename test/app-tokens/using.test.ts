/** Userinfo, introspection, revocation: who learns what, and which token is taken where. */
import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { signAppToken, verifyAppToken } from '../../src/app-tokens/access-token'
import { forgetAppMap } from '../../src/apps/app-map'
import { randomId } from '../../src/crypto/encoding'
import { get, send } from '../support/api'
import { makeApp, makeResource } from '../support/apps'
import { HOUR, pass, stopClock } from '../support/clock'
import { depsFor } from '../support/deps'
import { signedInUser, staff } from '../support/users'
import {
  claimsOf,
  introspect,
  postForm,
  refreshWith,
  revoke,
  said,
  tokensFor,
  userinfo,
} from './flow'

stopClock()

describe('userinfo', () => {
  test('gives claims by scope, and sub always', async () => {
    const [app, user] = [await makeApp(), await staff('moderator')]
    const bare = await tokensFor(app, user, { scopes: ['openid'] })
    const { sub } = claimsOf(bare.id_token)
    expect((await userinfo(bare.access_token)).body).toEqual({ sub })
    const all = await tokensFor(app, user, {
      scopes: ['openid', 'profile', 'email', 'roles', 'permissions'],
    })
    const reply = await userinfo(all.access_token)
    expect(reply.headers.get('cache-control')).toBe('no-store')
    expect(reply.body).toEqual({
      sub,
      name: expect.any(String),
      locale: 'en',
      updated_at: expect.any(Number),
      email: user.email,
      email_verified: true,
      roles: ['moderator', 'user'],
      permissions: expect.arrayContaining(['read:all']),
    })
    expect(reply.body.updated_at).toBeLessThan(1e11)
  })

  test('gives claims by name to first-party apps, and to others only under a granted scope', async () => {
    const user = await signedInUser()
    const claims = { userinfo: ['email', 'sub', 'password', 'constructor'], idToken: ['name'] }
    const own = await tokensFor(await makeApp(), user, { scopes: ['openid'], claims })
    expect((await userinfo(own.access_token)).body).toEqual({
      sub: claimsOf(own.id_token)['sub'],
      email: user.email,
    })
    expect(claimsOf(own.id_token)['name']).toEqual(expect.any(String))
    const poor = await makeApp({ scopes: ['openid'] })
    const other = await makeApp({ isFirstParty: false })
    for (const app of [poor, other]) {
      const tokens = await tokensFor(app, user, { scopes: ['openid'], claims })
      expect(Object.keys((await userinfo(tokens.access_token)).body)).toEqual(['sub'])
      expect(claimsOf(tokens.id_token)).not.toHaveProperty('name')
    }
    const granted = await tokensFor(other, user, { scopes: ['openid', 'email'], claims })
    expect((await userinfo(granted.access_token)).body.email).toBe(user.email)
  })

  test('takes the token in the header or the form, in one of them', async () => {
    const { access_token } = await tokensFor(await makeApp(), await signedInUser())
    const header = { authorization: `Bearer ${access_token}` }
    const inForm = await postForm('/oauth/userinfo', { access_token })
    expect(said(inForm)).toBe('200')
    expect(said(await send('/oauth/userinfo', { method: 'POST', headers: header }))).toBe('200')
    const both = await postForm('/oauth/userinfo', { access_token }, null, header)
    expect(said(both)).toBe('400 invalid_request')
    expect(both.headers.get('www-authenticate')).toContain('error="invalid_request"')
    const query = await get(`/oauth/userinfo?access_token=${access_token}`)
    expect(said(query)).toBe('401 invalid_token')
    // Without credentials no error is named (RFC 6750 section 3.1).
    expect(query.headers.get('www-authenticate')).toBe('Bearer realm="gatehouse"')
  })

  test('answers pages of any origin, without credentials', async () => {
    const { access_token } = await tokensFor(await makeApp({ kind: 'spa' }), await signedInUser())
    const headers = { origin: 'https://spa.example', authorization: `Bearer ${access_token}` }
    for (const reply of [
      await get('/oauth/userinfo', { headers }),
      await get('/oauth/userinfo', { headers: { origin: 'https://spa.example' } }),
      await postForm('/oauth/token', {}, null, { origin: 'https://spa.example' }),
    ]) {
      expect(reply.headers.get('access-control-allow-origin')).toBe('*')
      expect(reply.headers.get('access-control-allow-credentials')).toBeNull()
    }
    const introspection = await postForm('/oauth/introspect', {}, null, {
      origin: 'https://spa.example',
    })
    expect(introspection.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('refuses a token without openid, for an API alone, or of a session that is over', async () => {
    const api = await makeResource({ scopes: [{ name: 'read' }] })
    const app = await makeApp({ resources: [api.identifier], scopes: ['openid', 'read'] })
    const user = await signedInUser()
    const bare = await tokensFor(app, user, { scopes: ['read'], resources: [] })
    const without = await userinfo(bare.access_token)
    expect(said(without)).toBe('403 insufficient_scope')
    expect(without.headers.get('www-authenticate')).toContain('scope="openid"')
    const both = await tokensFor(app, user, {
      scopes: ['openid', 'read'],
      resources: [api.identifier],
    })
    expect(said(await userinfo(both.access_token))).toBe('200')
    const narrow = await refreshWith(app, both.refresh_token, { resource: api.identifier })
    const refused = await userinfo(narrow.body.access_token)
    expect(said(refused)).toBe('401 invalid_token')
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"')
    pass(HOUR + 1)
    expect(said(await userinfo(both.access_token))).toBe('401 invalid_token')
  })
})

test('a key for tokens that was removed takes them out of a warm isolate', async () => {
  const app = await makeApp()
  const { access_token } = await tokensFor(app, await signedInUser())
  const deps = depsFor()
  expect(await verifyAppToken(deps, access_token)).toBeDefined()
  const TOKEN_KEYS = 'next:nLxYp3mWq8sD5vTz1RkGh7cJb2aUe9fXi4oV6wN0yQE'
  const rotated = depsFor({ env: { ...env, TOKEN_KEYS } as Env })
  expect(await verifyAppToken(rotated, access_token)).toBeUndefined()
  expect(await verifyAppToken(deps, access_token)).toBeDefined()
})

describe('introspection', () => {
  test('shows apps their own tokens and APIs those for them, and nothing else', async () => {
    const [one, two] = [await makeResource({ scopes: [{ name: 'read' }] }), await makeResource()]
    const app = await makeApp({ resources: [one.identifier], scopes: ['openid', 'read'] })
    const other = await makeApp()
    const user = await signedInUser()
    const tokens = await tokensFor(app, user, {
      scopes: ['openid', 'read'],
      resources: [one.identifier],
    })
    const { sub, jti, exp, iat, auth_time } = claimsOf(tokens.access_token)
    const seen = {
      active: true,
      client_id: app.clientId,
      sub,
      scope: 'openid read',
      iss: 'http://localhost:8787',
      exp,
      iat,
      token_type: 'Bearer',
      aud: [one.identifier, 'http://localhost:8787'],
      jti,
      acr: 'urn:gatehouse:acr:1',
      auth_time,
    }
    expect((await introspect(app, tokens.access_token)).body).toEqual(seen)
    expect((await introspect(one, tokens.access_token)).body).toEqual(seen)
    for (const by of [two, other]) {
      expect((await introspect(by, tokens.access_token)).body).toEqual({ active: false })
    }
    const refresh = (await introspect(app, tokens.refresh_token)).body
    expect(refresh).toMatchObject({
      active: true,
      client_id: app.clientId,
      sub,
      scope: 'openid read',
    })
    expect(refresh).not.toHaveProperty('token_type')
    for (const by of [one, other]) {
      expect((await introspect(by, tokens.refresh_token)).body).toEqual({ active: false })
    }
    for (const token of [tokens.id_token ?? '', user.token, 'x', 'a.b', 'a.b.c', '%00']) {
      expect((await introspect(app, token)).body).toEqual({ active: false })
    }
    await refreshWith(app, tokens.refresh_token)
    expect((await introspect(app, tokens.refresh_token)).body).toEqual({ active: false })
  })

  test('shows roles and permissions under the scopes of these names alone', async () => {
    const [app, user] = [await makeApp(), await staff('moderator')]
    const { access_token } = await tokensFor(app, user, { scopes: ['openid', 'email', 'roles'] })
    const { body } = await introspect(app, access_token)
    expect(body.roles).toEqual(['moderator', 'user'])
    for (const claim of ['permissions', 'email', 'name', 'username']) {
      expect(body).not.toHaveProperty(claim)
    }
  })

  test('takes a scope away with the role, and does not let one API speak for another', async () => {
    const root = await staff('admin')
    const user = await staff('moderator')
    const lax = await makeResource({ scopes: [{ name: 'edit' }] })
    const strict = await makeResource({
      scopes: [{ name: 'edit', permission: 'read:all' }],
    })
    const resources = [lax.identifier, strict.identifier]
    const app = await makeApp({ resources, scopes: ['openid', 'edit'] })
    const { access_token } = await tokensFor(app, user, { scopes: ['openid', 'edit'], resources })
    expect((await introspect(strict, access_token)).body.scope).toBe('openid edit')
    await root.asks('DELETE', `/admin/users/${user.id}/roles/moderator`)
    expect((await introspect(strict, access_token)).body.scope).toBe('openid')
    expect((await introspect(lax, access_token)).body.scope).toBe('openid edit')
    expect((await introspect(app, access_token)).body.scope).toBe('openid')
  })
})

describe('revocation', () => {
  test.each(['access_token', 'refresh_token'] as const)(
    'of an %s ends the app’s session with all its tokens, and no other one',
    async (which) => {
      const [app, user] = [await makeApp(), await signedInUser()]
      const [one, two] = [await tokensFor(app, user), await tokensFor(app, user)]
      expect(said(await revoke(app, one[which]))).toBe('200')
      expect(said(await userinfo(one.access_token))).toBe('401 invalid_token')
      expect(said(await refreshWith(app, one.refresh_token))).toBe('400 invalid_grant')
      expect(said(await userinfo(two.access_token))).toBe('200')
      expect(said(await revoke(app, one[which]))).toBe('200')
    },
  )

  test('of a foreign or unknown token says the same and does nothing', async () => {
    const [app, other, user] = [await makeApp(), await makeApp(), await signedInUser()]
    const tokens = await tokensFor(app, user)
    const all = [tokens.access_token, tokens.refresh_token, tokens.id_token ?? '', user.token, 'x']
    for (const token of all) {
      const reply = await revoke(other, token)
      expect([said(reply), reply.body]).toEqual(['200', ''])
    }
    expect(said(await userinfo(tokens.access_token))).toBe('200')
    expect(said(await refreshWith(app, tokens.refresh_token))).toBe('200')
    expect((await get('/api/v1/auth/session', { token: user.token })).status).toBe(200)
  })

  test('of a machine’s token is refused, as nothing would end', async () => {
    const app = await makeApp({ kind: 'machine' })
    const { body } = await postForm('/oauth/token', { grant_type: 'client_credentials' }, app)
    expect(said(await revoke(app, body.access_token))).toBe('400 unsupported_token_type')
    expect((await introspect(app, body.access_token)).body.active).toBe(true)
  })
})

test('a token is for as long as the shortest of its APIs allows, and its session lasts', async () => {
  const deps = depsFor()
  const [short, long] = [
    await makeResource({ tokenTtlSeconds: 660 }),
    await makeResource({ tokenTtlSeconds: 3600 }),
  ]
  forgetAppMap(deps)
  const resource = (ttl: number) =>
    ({ tokenTtlSeconds: ttl, identifier: short.identifier }) as never
  const appSession = {
    id: randomId(),
    amr: ['pwd'] as const,
    authTime: deps.now,
    expiresAt: deps.now + 9e6,
  }
  const lives = async (resources: never[], expiresAt = appSession.expiresAt) => {
    const user = { subject: randomId(), appSession: { ...appSession, expiresAt } }
    const made = { clientId: randomId(), sub: 's', scopes: [], resources, user }
    return (await signAppToken(deps, made)).expiresIn
  }
  expect(await lives([resource(660), resource(3600)])).toBe(660)
  expect(await lives([resource(3600)])).toBe(3600)
  expect(await lives([])).toBe(3600)
  expect(await lives([], Math.floor(deps.now / 1000) * 1000 + 30_000)).toBe(30)
  expect(long.identifier).not.toBe(short.identifier)
})
