/** Apps by the admin API: what can be registered, what is stored, who may do it, and what ends with an app. */
import { env } from 'cloudflare:workers'
import { describe, expect, it, test } from 'vitest'
import { appMap } from '../../src/apps/app-map'
import { appSubject } from '../../src/apps/app-subject'
import { findApp } from '../../src/apps/find-app'
import { sha256 } from '../../src/crypto/encoding'
import { rowsOf } from '../db/rows'
import { said } from '../support/api'
import { makeKey } from '../support/api-keys'
import { makeApp } from '../support/apps'
import { pass, STEP_UP_MS, stopClock } from '../support/clock'
import { depsFor } from '../support/deps'
import { ok } from '../support/second-factor'
import { makeUser, staff } from '../support/users'
import {
  API,
  CALLBACK,
  clerk,
  eventsOf,
  IDENTIFIER,
  issuesOf,
  onApps,
  onResources,
  root,
  WEB,
  withClerk,
} from './desk'

stopClock()
withClerk()

const DAY = 86_400_000
const rowOf = (clientId: string) =>
  env.DB.prepare('SELECT * FROM apps WHERE client_id = ?')
    .bind(clientId)
    .first<Record<string, unknown>>()

describe('registering', () => {
  it('shows a secret once, and stores its hash', async () => {
    const made = await onApps('POST', '', WEB, clerk)
    expect(made.status).toBe(201)
    expect(made.headers.get('cache-control')).toBe('no-store')
    const { client_secret: secret, ...app } = made.body
    expect(secret).toMatch(/^ghs_[\w-]{43}$/)
    expect(app).toEqual({
      client_id: expect.stringMatching(/^[\w-]{22}$/),
      source: 'admin',
      name: 'Orders',
      kind: 'web',
      first_party: true,
      enabled: true,
      disabled_at: null,
      redirect_uris: [CALLBACK],
      post_logout_redirect_uris: [],
      backchannel_logout_uri: null,
      initiate_login_uri: null,
      scopes: ['openid', 'profile', 'email'],
      resources: [],
      pkce: 'required',
      auth_method: 'client_secret_basic',
      jwks: null,
      has_secret: true,
      previous_secret_until: null,
      id_token_alg: 'RS256',
      device_flow: false,
      required_permission: null,
      logo_uri: null,
      policy_uri: null,
      tos_uri: null,
      users: 0,
      users_is_exact: true,
      created_by: clerk.id,
      created_at: expect.any(String),
      updated_at: expect.any(String),
    })
    expect((await onApps('GET', `/${app.client_id}`)).body).toEqual(app)
    expect((await onApps('GET')).body).toEqual({ items: [app] })
    expect((await rowOf(app.client_id))?.['secret_hash']).toBe(await sha256(secret))
    const stored = JSON.stringify([
      await rowsOf('SELECT * FROM apps'),
      await rowsOf('SELECT * FROM audit_log'),
      await rowsOf('SELECT * FROM outbox'),
    ])
    expect(stored).not.toContain(secret.slice(4, 40))
    expect((await eventsOf('app.created')).at(-1)).toEqual({
      event: 'app.created',
      data: { client_id: app.client_id, kind: 'web' },
      actor_id: clerk.id,
    })
  })

  it.each(['spa', 'native'] as const)('gives a %s app no secret', async (kind) => {
    const { body } = await onApps('POST', '', { ...WEB, kind })
    expect(body).toMatchObject({ auth_method: 'none', client_secret: null, has_secret: false })
    expect(said(await onApps('POST', `/${body.client_id}/rotate-secret`, {}))).toBe('409 no_secret')
  })

  it('puts first-party apps into one sector, and each third party into its own', async () => {
    const made = await Promise.all(
      [true, true, false, false].map((first_party) =>
        onApps('POST', '', { ...WEB, first_party }).then((reply) => ok(reply).body.client_id),
      ),
    )
    const deps = depsFor()
    const { apps } = await appMap(deps)
    const subs = await Promise.all(
      made.map((id) => {
        const app = apps.get(id)
        if (!app) throw new Error('the app is missing')
        return appSubject(deps, app, root.subject)
      }),
    )
    expect(subs[0]).toBe(subs[1])
    expect(new Set(subs).size).toBe(3)
    expect(await rowsOf('SELECT id FROM sectors')).toHaveLength(3)
  })

  it('names every fault at once', async () => {
    const reply = await onApps('POST', '', {
      ...WEB,
      name: 'a\nb',
      redirect_uris: ['http://orders.example.org/', CALLBACK, 'https://orders.example.org/*'],
      post_logout_redirect_uris: ['javascript:alert(1)'],
      backchannel_logout_uri: 'https://10.0.0.1/logout',
      initiate_login_uri: 'https://orders.example.org/#x',
      scopes: 'openid',
      pkce: 'never',
      auth_method: 'none',
      jwks: { keys: [] },
      logo_uri: 'http://orders.example.org/logo.png',
      wildcard: true,
    })
    expect(said(reply)).toBe('422 validation_failed')
    expect(issuesOf(reply).sort()).toEqual([
      'auth_method not_for_kind',
      'backchannel_logout_uri ip_address',
      'initiate_login_uri has_fragment',
      'jwks.keys too_small',
      'logo_uri not_https',
      'name invalid_characters',
      'pkce invalid_value',
      'post_logout_redirect_uris.0 not_https',
      'redirect_uris.0 not_https',
      'redirect_uris.2 has_wildcard',
      'scopes invalid_type',
      'wildcard unknown_field',
    ])
    expect(await rowsOf('SELECT 1 FROM apps')).toEqual([])
  })

  it.each([
    [{ redirect_uris: [] }, 'redirect_uris required'],
    [{ redirect_uris: [CALLBACK, CALLBACK] }, 'redirect_uris repeated'],
    [{ redirect_uris: Array(21).fill(CALLBACK) }, 'redirect_uris too_big'],
    [{ scopes: ['openid', 'orders:read'] }, 'scopes.1 unknown_scope'],
    [{ scopes: ['open id'] }, 'scopes.0 invalid_format'],
    [{ resources: ['https://api.example.org'] }, 'resources.0 unknown_resource'],
    [{ required_permission: 'no:such' }, 'required_permission unknown_permission'],
    [{ kind: 'spa', auth_method: 'client_secret_basic' }, 'auth_method not_for_kind'],
    [{ kind: 'spa', pkce: 'optional' }, 'pkce not_for_kind'],
    [{ kind: 'native', pkce: 'optional' }, 'pkce not_for_kind'],
    [{ auth_method: 'private_key_jwt' }, 'jwks not_for_kind'],
    [{ kind: 'machine' }, 'redirect_uris not_for_kind'],
    [{ kind: 'machine', redirect_uris: [], scopes: ['openid'] }, 'scopes.0 unknown_scope'],
    [
      { kind: 'machine', redirect_uris: [], required_permission: 'read:all' },
      'required_permission not_for_kind',
    ],
    [{ first_party: undefined }, 'first_party required'],
    [{ kind: 'server' }, 'kind invalid_value'],
  ])('refuses %j: %s', async (more, issue) => {
    const reply = await onApps('POST', '', { ...WEB, ...more })
    expect(said(reply)).toBe('422 validation_failed')
    expect(issuesOf(reply)).toContain(issue)
  })

  it('takes no private key', async () => {
    const { privateKey, publicKey } = (await crypto.subtle.generateKey(
      { name: 'ECDSA', namedCurve: 'P-256' },
      true,
      ['sign', 'verify'],
    )) as CryptoKeyPair
    const [secret, open] = await Promise.all([
      crypto.subtle.exportKey('jwk', privateKey),
      crypto.subtle.exportKey('jwk', publicKey),
    ])
    const signing = { ...WEB, auth_method: 'private_key_jwt' }
    const refused = await onApps('POST', '', { ...signing, jwks: { keys: [secret] } })
    expect(issuesOf(refused)).toEqual(['jwks.keys.0 private_key'])
    expect(JSON.stringify(refused.body)).not.toContain((secret as JsonWebKey).d)
    const made = ok(await onApps('POST', '', { ...signing, jwks: { keys: [open] } }))
    expect(made.body).toMatchObject({ has_secret: false, client_secret: null })
    expect(made.body.jwks.keys[0].x).toBe((open as JsonWebKey).x)
  })

  it('has a limit, which metadata apps do not use up', async () => {
    const sector = { id: 'first_party', salt: 'x', created_at: 0 }
    await env.DB.prepare('INSERT INTO sectors VALUES (?, ?, ?)')
      .bind(...Object.values(sector))
      .run()
    const one = env.DB.prepare(
      `INSERT INTO apps (client_id, source, name, kind, auth_method, first_party, sector_id, created_at, updated_at)
       VALUES (?, ?, 'x', 'spa', 'none', 1, 'first_party', 0, 0)`,
    )
    const fill = (source: string, count: number) =>
      env.DB.batch(
        Array.from({ length: count }, (_, i) =>
          one.bind(`${source}-${String(i).padStart(30, '0')}`, source),
        ),
      )
    await fill('metadata', 30)
    await fill('admin', 199)
    expect((await onApps('POST', '', WEB)).status).toBe(201)
    expect(said(await onApps('POST', '', WEB))).toBe('409 limit_reached')
  })
})

describe('changing', () => {
  it('is field by field, and what is recorded names the fields', async () => {
    const { client_id: id } = ok(await onApps('POST', '', WEB)).body
    const changed = await onApps('PATCH', `/${id}`, {
      name: 'Shop',
      redirect_uris: ['https://shop.example.org/callback'],
      required_permission: 'read:all',
      pkce: 'optional',
    })
    expect(ok(changed).body).toMatchObject({
      name: 'Shop',
      redirect_uris: ['https://shop.example.org/callback'],
      required_permission: 'read:all',
      pkce: 'optional',
      scopes: ['openid', 'profile', 'email'],
    })
    expect((await eventsOf('app.changed')).at(-1)?.data).toEqual({
      client_id: id,
      fields: ['name', 'redirect_uris', 'pkce', 'required_permission'],
    })
  })

  it('refuses what does not fit what is there', async () => {
    const { client_id: id } = ok(await onApps('POST', '', { ...WEB, kind: 'spa' })).body
    const before = await rowOf(id)
    const reply = await onApps('PATCH', `/${id}`, {
      pkce: 'optional',
      redirect_uris: ['com.example.app:/callback'],
      auth_method: 'client_secret_post',
      first_party: false,
    })
    expect(issuesOf(reply)).toEqual(['first_party unknown_field'])
    const again = await onApps('PATCH', `/${id}`, {
      pkce: 'optional',
      redirect_uris: ['com.example.app:/callback'],
      auth_method: 'client_secret_post',
    })
    expect(issuesOf(again).sort()).toEqual([
      'auth_method not_for_kind',
      'pkce not_for_kind',
      'redirect_uris.0 not_https',
    ])
    expect(await rowOf(id)).toEqual(before)
  })

  it('to signing drops the secret, and back needs a new one', async () => {
    const { publicKey } = (await crypto.subtle.generateKey(
      { name: 'ECDSA', namedCurve: 'P-256' },
      true,
      ['sign', 'verify'],
    )) as CryptoKeyPair
    const jwks = { keys: [await crypto.subtle.exportKey('jwk', publicKey)] }
    const { client_id: id } = ok(await onApps('POST', '', WEB)).body
    const signing = await onApps('PATCH', `/${id}`, { auth_method: 'private_key_jwt', jwks })
    expect(ok(signing).body).toMatchObject({ has_secret: false })
    expect((await rowOf(id))?.['secret_hash']).toBeNull()
    const back = await onApps('PATCH', `/${id}`, { auth_method: 'client_secret_post' })
    expect(ok(back).body).toMatchObject({ has_secret: false, jwks: null })
    const rotated = ok(await onApps('POST', `/${id}/rotate-secret`, {}))
    expect(rotated.body.previous_secret_until).toBeNull()
  })

  it('disables at once, and keeps the time', async () => {
    const { client_id: id } = ok(await onApps('POST', '', WEB)).body
    expect(await findApp(depsFor(), id)).toBeDefined()
    const off = ok(await onApps('PATCH', `/${id}`, { enabled: false })).body
    expect(off).toMatchObject({ enabled: false, disabled_at: expect.any(String) })
    expect(await findApp(depsFor(), id)).toBeUndefined()
    pass(60_000)
    expect(ok(await onApps('PATCH', `/${id}`, { enabled: false })).body.disabled_at).toBe(
      off.disabled_at,
    )
    expect(ok(await onApps('PATCH', `/${id}`, { enabled: true })).body.disabled_at).toBeNull()
    expect(await findApp(depsFor(), id)).toBeDefined()
  })

  it('without a fresh proof can only rename and disable', async () => {
    const { client_id: id } = ok(
      await onApps('POST', '', { ...WEB, required_permission: 'read:all' }),
    ).body
    const key = await makeKey(root, ['admin:system'])
    expect(
      ok(await onApps('PATCH', `/${id}`, { name: 'Shop', enabled: false }, key)).body,
    ).toMatchObject({
      name: 'Shop',
      enabled: false,
    })
    for (const change of [
      { enabled: true },
      { redirect_uris: ['https://evil.example/'] },
      { post_logout_redirect_uris: ['https://evil.example/'] },
      { backchannel_logout_uri: 'https://evil.example.com/' },
      { initiate_login_uri: 'https://evil.example/' },
      { scopes: [] },
      { pkce: 'optional' },
      { auth_method: 'client_secret_post' },
      { id_token_alg: 'ES256' },
      { required_permission: null },
    ]) {
      expect(said(await onApps('PATCH', `/${id}`, change, key))).toBe('403 forbidden')
    }
    pass(STEP_UP_MS)
    expect(said(await onApps('PATCH', `/${id}`, { enabled: true }))).toBe('403 step_up_required')
    expect((await onApps('PATCH', `/${id}`, { enabled: false })).status).toBe(200)
  })

  it('to what is there already is none: it asks for nothing and leaves no event', async () => {
    const made = ok(await onApps('POST', '', WEB)).body
    const before = await eventsOf('app.changed')
    pass(STEP_UP_MS)
    const same = { name: made.name, redirect_uris: made.redirect_uris, pkce: made.pkce }
    expect(ok(await onApps('PATCH', `/${made.client_id}`, same)).body.updated_at).toBe(
      made.updated_at,
    )
    expect(await eventsOf('app.changed')).toEqual(before)
  })

  it('of an app with a metadata document is only what the document does not say', async () => {
    const id = 'https://client.example.org/oauth/client.json?x=1'
    await makeApp({ clientId: id, source: 'metadata', kind: 'native', isFirstParty: false })
    const path = `/${encodeURIComponent(id)}`
    expect((await onApps('GET', path)).body.client_id).toBe(id)
    expect(issuesOf(await onApps('PATCH', path, { name: 'Mine', id_token_alg: 'ES256' }))).toEqual([
      'name set_by_metadata',
      'id_token_alg set_by_metadata',
    ])
    expect(ok(await onApps('PATCH', path, { enabled: false })).body.enabled).toBe(false)
    expect((await onApps('DELETE', path)).status).toBe(204)
    expect(said(await onApps('GET', path))).toBe('404 not_found')
  })

  it('in parallel loses nothing: one of two sensitive changes is refused', async () => {
    const { client_id: id } = ok(await onApps('POST', '', WEB)).body
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        onApps('PATCH', `/${id}`, { redirect_uris: [`https://c${i}.example.org/`] }),
      ),
    )
    const done = replies.filter(({ status }) => status === 200)
    expect(done.length).toBeGreaterThan(0)
    for (const reply of replies) expect(['200', '409 changed_meanwhile']).toContain(said(reply))
    const events = (await eventsOf('app.changed')).filter(({ data }) => data.client_id === id)
    expect(events).toHaveLength(done.length)
  })
})

describe('a secret', () => {
  it('is accepted for a day after it was replaced', async () => {
    const { client_id: id, client_secret: first } = ok(await onApps('POST', '', WEB)).body
    const { body } = ok(await onApps('POST', `/${id}/rotate-secret`, {}, clerk))
    expect(body.client_secret).toMatch(/^ghs_[\w-]{43}$/)
    expect(body.client_secret).not.toBe(first)
    expect(Date.parse(body.previous_secret_until)).toBe(Date.now() + DAY)
    const row = await rowOf(id)
    expect(row).toMatchObject({
      secret_hash: await sha256(body.client_secret),
      previous_secret_hash: await sha256(first),
    })
    expect((await onApps('GET', `/${id}`)).body.previous_secret_until).toBe(
      body.previous_secret_until,
    )
    expect((await eventsOf('app.secret_rotated')).at(-1)).toMatchObject({
      data: { client_id: id },
      actor_id: clerk.id,
    })
  })

  it('is refused at once after a leak', async () => {
    const { client_id: id } = ok(await onApps('POST', '', WEB)).body
    ok(await onApps('POST', `/${id}/rotate-secret`, {}))
    const { body } = ok(await onApps('POST', `/${id}/rotate-secret`, { keep_previous: false }))
    expect(body.previous_secret_until).toBeNull()
    expect(await rowOf(id)).toMatchObject({
      secret_hash: await sha256(body.client_secret),
      previous_secret_hash: null,
      previous_secret_until: null,
    })
  })

  it('is shown once for each of many parallel rotations, and the last one shown is stored', async () => {
    const { client_id: id } = ok(await onApps('POST', '', WEB)).body
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => onApps('POST', `/${id}/rotate-secret`, {})),
    )
    for (const reply of replies) expect(['200', '409 changed_meanwhile']).toContain(said(reply))
    const told = await Promise.all(
      replies.filter(({ status }) => status === 200).map(({ body }) => sha256(body.client_secret)),
    )
    expect(told).toContain((await rowOf(id))?.['secret_hash'])
  })
})

describe('an admin who names scopes', () => {
  const SCOPES = [{ name: 'orders:write', permission: 'write:all', description: 'Change orders' }]

  it('must hold the permissions that these need, for every sensitive change', async () => {
    const resource = ok(await onResources('POST', '', { ...API, scopes: SCOPES })).body
    const wanted = { ...WEB, resources: [IDENTIFIER], scopes: ['openid', 'orders:write'] }
    expect(said(await onApps('POST', '', wanted, clerk))).toBe('403 forbidden')
    const machine = { ...wanted, kind: 'machine', redirect_uris: [], scopes: ['orders:write'] }
    expect(said(await onApps('POST', '', machine, clerk))).toBe('403 forbidden')
    const { client_id: id } = ok(await onApps('POST', '', wanted)).body
    expect(
      said(await onApps('PATCH', `/${id}`, { redirect_uris: ['https://evil.example/'] }, clerk)),
    ).toBe('403 forbidden')
    expect(said(await onApps('POST', `/${id}/rotate-secret`, {}, clerk))).toBe('403 forbidden')
    expect((await onApps('PATCH', `/${id}`, { enabled: false }, clerk)).status).toBe(200)
    const path = `/${resource.id}`
    const open = [{ ...SCOPES[0], permission: null }]
    expect(said(await onResources('PATCH', path, { scopes: open }, clerk))).toBe('403 forbidden')
    expect(said(await onResources('POST', `${path}/rotate-secret`, {}, clerk))).toBe(
      '403 forbidden',
    )
    expect((await onApps('PATCH', `/${id}`, { resources: [], scopes: [] }, clerk)).status).toBe(200)
    expect(said(await onResources('DELETE', path, undefined, clerk))).toBe('403 forbidden')
    const writer = await staff('staff-writer')
    expect((await onApps('POST', '', wanted, writer)).status).toBe(201)
    expect((await onResources('PATCH', path, { scopes: open }, writer)).status).toBe(200)
  })

  it('must hold the permission that an app demands of its users, or cannot open or redirect it', async () => {
    const { client_id: id } = ok(await onApps('POST', '', WEB)).body
    const needs = (permission: string | null) => ({ required_permission: permission })
    expect((await onApps('PATCH', `/${id}`, needs('write:all'), clerk)).status).toBe(200)
    const elsewhere = { redirect_uris: ['https://evil.example/'] }
    for (const change of [needs(null), needs('admin:system'), elsewhere]) {
      expect(said(await onApps('PATCH', `/${id}`, change, clerk))).toBe('403 forbidden')
    }
    expect(said(await onApps('POST', `/${id}/rotate-secret`, {}, clerk))).toBe('403 forbidden')
    expect((await rowOf(id))?.['required_permission']).toBe('write:all')
    const writer = await staff('staff-writer')
    expect((await onApps('PATCH', `/${id}`, needs(null), writer)).status).toBe(200)
  })

  it('cannot use a resource that is deleted meanwhile', async () => {
    const { id } = ok(await onResources('POST', '', API)).body
    const [app, removed] = await Promise.all([
      onApps('POST', '', { ...WEB, resources: [IDENTIFIER] }),
      onResources('DELETE', `/${id}`),
    ])
    const [left] = await rowsOf('SELECT count(*) AS n FROM resources')
    if (app.status === 201) {
      expect([said(removed), left]).toEqual(['409 in_use', { n: 1 }])
    } else {
      expect(['409 changed_meanwhile', '422 validation_failed']).toContain(said(app))
      expect([removed.status, left]).toEqual([204, { n: 0 }])
    }
  })
})

describe('deleting', () => {
  it('makes the app unknown, with its users and the salt of a third party', async () => {
    const own = ok(await onApps('POST', '', WEB)).body.client_id
    const third = ok(await onApps('POST', '', { ...WEB, first_party: false })).body.client_id
    const { id: user } = await makeUser()
    for (const app of [own, third]) {
      await env.DB.prepare('INSERT INTO app_grants VALUES (?, ?, 1, 2)').bind(user, app).run()
    }
    expect((await onApps('GET', `/${third}`)).body).toMatchObject({
      users: 1,
      users_is_exact: true,
    })
    expect(await findApp(depsFor(), third)).toBeDefined()
    expect((await onApps('DELETE', `/${third}`)).status).toBe(204)
    expect(await findApp(depsFor(), third)).toBeUndefined()
    expect(await rowsOf('SELECT id FROM sectors')).toEqual([{ id: 'first_party' }])
    expect(await rowsOf('SELECT client_id FROM app_grants')).toEqual([{ client_id: own }])
    expect(said(await onApps('DELETE', `/${third}`))).toBe('404 not_found')
    const deletions = (await eventsOf('app.deleted')).map(({ data }) => data)
    expect(deletions).toContainEqual({ client_id: third })
    expect((await onApps('DELETE', `/${own}`)).status).toBe(204)
    expect(await rowsOf('SELECT id FROM sectors')).toEqual([{ id: 'first_party' }])
  })

  it('asks who is acting', async () => {
    const { client_id: id } = ok(await onApps('POST', '', WEB)).body
    pass(STEP_UP_MS)
    expect(said(await onApps('DELETE', `/${id}`))).toBe('403 step_up_required')
    expect((await onApps('GET', `/${id}`)).status).toBe(200)
  })
})

test('the webhooks of the events name the app, but none of its addresses', async () => {
  const hook = { url: 'https://hooks.example.com/', events: ['app.created'] }
  const { id } = ok(await root.asks('POST', '/admin/webhooks', hook)).body
  const { client_id: clientId } = ok(await onApps('POST', '', WEB)).body
  const [found] = await rowsOf(
    `SELECT data FROM webhook_deliveries JOIN audit_log ON audit_log.id = event_id WHERE webhook_id = '${id}'`,
  )
  expect(JSON.parse(String(found?.['data']))).toEqual({ client_id: clientId, kind: 'web' })
  await rowsOf('DELETE FROM webhooks')
})
