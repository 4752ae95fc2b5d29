/** Resources by the admin API: identifiers, scopes and secrets. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { appMap } from '../../src/apps/app-map'
import { identifierIssues } from '../../src/apps/resource-fields'
import { sha256 } from '../../src/crypto/encoding'
import { rowsOf } from '../db/rows'
import { said } from '../support/api'
import { makeKey } from '../support/api-keys'
import { makeApp } from '../support/apps'
import { pass, STEP_UP_MS, stopClock } from '../support/clock'
import { depsFor } from '../support/deps'
import { ok } from '../support/second-factor'
import {
  API,
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

const SCOPES = [
  { name: 'orders:read', permission: null, description: 'See your orders' },
  { name: 'orders:write', permission: 'write:all', description: '' },
]

describe('registering', () => {
  it('shows a secret once, and stores its hash', async () => {
    const made = ok(await onResources('POST', '', { ...API, scopes: SCOPES }))
    expect(made.headers.get('cache-control')).toBe('no-store')
    const { secret, ...resource } = made.body
    expect(secret).toMatch(/^ghs_[\w-]{43}$/)
    expect(resource).toEqual({
      id: expect.stringMatching(/^[\w-]{22}$/),
      identifier: IDENTIFIER,
      name: 'Orders API',
      token_ttl_seconds: 600,
      open_to_metadata_apps: false,
      scopes: SCOPES,
      previous_secret_until: null,
      created_by: root.id,
      created_at: expect.any(String),
    })
    expect((await onResources('GET')).body).toEqual({ items: [resource] })
    expect(await rowsOf('SELECT secret_hash FROM resources')).toEqual([
      { secret_hash: await sha256(secret) },
    ])
    expect((await eventsOf('resource.created')).at(-1)?.data).toEqual({ identifier: IDENTIFIER })
    expect((await appMap(depsFor())).resourcesByIdentifier.get(IDENTIFIER)?.scopes).toHaveLength(2)
  })

  it.each([
    ['gatehouse', 'own_audience'],
    ['GATEHOUSE', 'own_audience'],
    ['gatehouse:restricted', 'own_audience'],
    ['https://id.acme.com', 'own_audience'],
    ['https://id.acme.com/', 'own_audience'],
    ['https://ID.acme.com', 'own_audience'],
    ['orders', 'invalid_uri'],
    ['/orders', 'invalid_uri'],
    ['https://api.example.org/#x', 'invalid_uri'],
    ['https://api.example.org/a b', 'invalid_uri'],
    ['https://api.example.org/\n', 'invalid_uri'],
    ['https://', 'invalid_uri'],
    ['https://api.example.org/ü', 'invalid_uri'],
  ])('refuses the identifier %j: %s', (identifier, code) => {
    const own = { PUBLIC_URL: 'https://id.acme.com', ACCESS_TOKEN_AUDIENCE: 'gatehouse' }
    expect(identifierIssues(own, identifier)).toMatchObject([{ path: 'identifier', code }])
  })

  it.each([
    'https://api.example.org/orders?v=1',
    'urn:example:orders',
    'http://localhost:3000/mcp',
  ])('takes the identifier %s', async (identifier) => {
    expect((await onResources('POST', '', { ...API, identifier })).status).toBe(201)
  })

  it('names every fault at once', async () => {
    const reply = await onResources('POST', '', {
      identifier: 'http://localhost:8787/',
      name: '',
      token_ttl_seconds: 60,
      scopes: [
        { name: 'openid', permission: null },
        { name: 'a b', permission: null },
        { name: 'x', description: 'a\u202eb' },
        { name: 'y', typo: 1 },
      ],
    })
    expect(said(reply)).toBe('422 validation_failed')
    expect(issuesOf(reply).sort()).toEqual([
      'identifier own_audience',
      'name too_small',
      'scopes.0.name standard_scope',
      'scopes.1.name invalid_format',
      'scopes.2.description invalid_characters',
      'scopes.3.typo unknown_field',
      'token_ttl_seconds too_small',
    ])
    const twice = [{ name: 'x' }, { name: 'x' }]
    expect(issuesOf(await onResources('POST', '', { ...API, scopes: twice }))).toEqual([
      'scopes repeated',
    ])
    const unknown = [{ name: 'x', permission: 'no:such' }]
    expect(issuesOf(await onResources('POST', '', { ...API, scopes: unknown }))).toEqual([
      'scopes.0.permission unknown_permission',
    ])
    expect(await rowsOf('SELECT 1 FROM resources')).toEqual([])
  })

  it('takes no name twice, nor that of an app', async () => {
    const replies = await Promise.all([1, 2, 3].map(() => onResources('POST', '', API)))
    expect(replies.map(said).sort()).toEqual(['201', '409 name_taken', '409 name_taken'])
    const clientId = 'https://client.example.org/client.json'
    await makeApp({ clientId, source: 'metadata' })
    expect(said(await onResources('POST', '', { ...API, identifier: clientId }))).toBe(
      '409 name_taken',
    )
  })

  it('has a limit', async () => {
    const one = env.DB.prepare(
      "INSERT INTO resources (id, identifier, name, token_ttl_seconds, created_at) VALUES (?, ?, 'x', 600, 0)",
    )
    await env.DB.batch(
      Array.from({ length: 100 }, (_, i) => one.bind(String(i).padStart(22, '0'), `urn:${i}`)),
    )
    expect(said(await onResources('POST', '', API))).toBe('409 limit_reached')
  })
})

describe('changing', () => {
  it('replaces the scopes, and records the fields', async () => {
    const { id } = ok(await onResources('POST', '', { ...API, scopes: SCOPES })).body
    const [read] = SCOPES
    const changed = ok(
      await onResources('PATCH', `/${id}`, {
        name: 'Orders 2',
        token_ttl_seconds: 3600,
        scopes: [read, { name: 'orders:delete' }],
      }),
    ).body
    expect(changed).toMatchObject({
      name: 'Orders 2',
      token_ttl_seconds: 3600,
      scopes: [{ name: 'orders:delete', permission: null, description: '' }, read],
    })
    expect((await eventsOf('resource.changed')).at(-1)?.data).toEqual({
      identifier: IDENTIFIER,
      fields: ['name', 'token_ttl_seconds', 'scopes'],
    })
    expect(said(await onResources('PATCH', `/${id}`, { identifier: 'urn:x' }))).toBe(
      '422 validation_failed',
    )
  })

  it('asks who is acting, except for the name', async () => {
    const { id } = ok(await onResources('POST', '', API)).body
    const key = await makeKey(root, ['admin:system'])
    expect((await onResources('PATCH', `/${id}`, { name: 'B' }, key)).status).toBe(200)
    expect(said(await onResources('PATCH', `/${id}`, { scopes: [] }, key))).toBe('403 forbidden')
    expect(said(await onResources('POST', '', API, key))).toBe('401 invalid_access_token')
    pass(STEP_UP_MS)
    expect(said(await onResources('PATCH', `/${id}`, { token_ttl_seconds: 900 }))).toBe(
      '403 step_up_required',
    )
    expect(said(await onResources('DELETE', `/${id}`))).toBe('403 step_up_required')
    expect((await onResources('PATCH', `/${id}`, { name: 'C' })).status).toBe(200)
  })
})

it('rotates its secret with a day of overlap', async () => {
  const { id, secret } = ok(await onResources('POST', '', API)).body
  const { body } = ok(await onResources('POST', `/${id}/rotate-secret`, {}, clerk))
  expect(Date.parse(body.previous_secret_until)).toBe(Date.now() + 86_400_000)
  expect(await rowsOf('SELECT secret_hash, previous_secret_hash FROM resources')).toEqual([
    { secret_hash: await sha256(body.secret), previous_secret_hash: await sha256(secret) },
  ])
  const last = ok(await onResources('POST', `/${id}/rotate-secret`, { keep_previous: false })).body
  expect(last.previous_secret_until).toBeNull()
})

it('is deleted with its scopes, unless an app may ask for it', async () => {
  const { id } = ok(await onResources('POST', '', { ...API, scopes: SCOPES })).body
  const app = ok(await onApps('POST', '', { ...WEB, resources: [IDENTIFIER] })).body
  expect(said(await onResources('DELETE', `/${id}`))).toBe('409 in_use')
  ok(await onApps('PATCH', `/${app.client_id}`, { resources: [] }))
  expect((await onResources('DELETE', `/${id}`)).status).toBe(204)
  expect(await rowsOf('SELECT * FROM scopes')).toEqual([])
  expect(said(await onResources('DELETE', `/${id}`))).toBe('404 not_found')
  expect((await eventsOf('resource.deleted')).at(-1)?.data).toEqual({ identifier: IDENTIFIER })
})
