/** The console about apps: created by kind, secrets shown once, changed, replaced, disabled, deleted. */
import { exportJWK, generateKeyPair } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, test } from 'vitest'
import { snippetsOf } from '../../../src/pages/admin/app-snippets'
import { rowsOf } from '../../db/rows'
import type { Reply } from '../../support/api'
import { makeApp } from '../../support/apps'
import { pass, STEP_UP_MS, stopClock } from '../../support/clock'
import { PASSWORD } from '../../support/users'
import { alertOf, flashOf, makeStaffRoles, visitor, type Visit } from './site'

stopClock()

let admin: Visit
beforeAll(makeStaffRoles)
beforeEach(async () => {
  for (const table of ['apps', 'sectors', 'resources']) await rowsOf(`DELETE FROM ${table}`)
  admin = await visitor('admin')
})

const CALLBACK = 'https://orders.example.org/callback'
const WEB = {
  kind: 'web',
  name: 'Orders <b>',
  first_party: 'true',
  redirect_uris: `${CALLBACK}\r\n\r\n https://orders.example.org/other `,
  scopes: ['openid', 'email'],
  required_permission: 'read:all',
}
const SECRET = /ghs_[\w-]{43}/
const said = async (reply: Reply<string>) => {
  if (reply.status !== 303) throw new Error(`${reply.status} ${alertOf(reply)}`)
  return flashOf(await admin.follow(reply))
}
const idOf = async () => String((await rowsOf('SELECT client_id FROM apps'))[0]?.['client_id'])

describe('a new app', () => {
  it('asks first where it runs, and then what fits', async () => {
    const kinds = await admin.open('/admin/apps/new')
    expect(kinds.body.match(/\/admin\/apps\/new\?kind=\w+/g)).toHaveLength(4)
    const pages = Object.fromEntries(
      await Promise.all(
        ['web', 'spa', 'native', 'machine'].map(async (kind) => [
          kind,
          (await admin.open(`/admin/apps/new?kind=${kind}`)).body,
        ]),
      ),
    ) as Record<string, string>
    const has = (name: string) =>
      Object.keys(pages).filter((kind) => pages[kind]?.includes(`name="${name}"`))
    expect(has('name')).toEqual(['web', 'spa', 'native', 'machine'])
    expect(has('redirect_uris')).toEqual(['web', 'spa', 'native'])
    expect(has('backchannel_logout_uri')).toEqual(['web'])
    expect(has('auth_method')).toEqual(['web', 'machine'])
    expect(has('jwks')).toEqual(['web', 'machine'])
    expect(has('initiate_login_uri')).toEqual(['web', 'spa'])
    expect(has('id_token_alg')).toEqual(['web', 'spa', 'native'])
    expect(has('device_flow')).toEqual(['web', 'native'])
    expect(has('pkce')).toEqual(['web'])
    expect(has('required_permission')).toEqual(['web', 'spa', 'native'])
    expect((await admin.open('/admin/apps/new?kind=other')).body).toContain(
      'Where does the app run?',
    )
  })

  it('shows its secret this once, and is in the list', async () => {
    const made = await admin.submit('/admin/apps/new?kind=web', WEB)
    expect(made.status).toBe(200)
    expect(made.headers.get('cache-control')).toContain('no-store')
    const [secret = ''] = SECRET.exec(made.body) ?? []
    expect(secret).not.toBe('')
    const id = await idOf()
    expect(made.body).toContain(id)
    expect(await rowsOf('SELECT redirect_uris, scopes, required_permission FROM apps')).toEqual([
      {
        redirect_uris: JSON.stringify([CALLBACK, 'https://orders.example.org/other']),
        scopes: '["openid","email"]',
        required_permission: 'read:all',
      },
    ])
    const list = await admin.open('/admin/apps')
    expect(list.body).toContain(`href="/admin/apps/${id}"`)
    expect(list.body).toContain('Orders &lt;b&gt;')
    const shown = await admin.open(`/admin/apps/${id}`)
    expect(shown.body).not.toMatch(SECRET)
    expect(shown.body).toContain(`clientId: &#39;${id}&#39;`)
    expect(shown.body).toContain(`href="/admin/apps/${id}/logout-deliveries"`)
    expect(shown.body).toMatch(/<textarea[^>]*name="redirect_uris"[^>]*>https:\/\/orders/)
  })

  it('without a secret leads to its page', async () => {
    const reply = await admin.submit('/admin/apps/new?kind=spa', { ...WEB, kind: 'spa' })
    expect(await said(reply)).toContain('has been created')
  })

  it('may sign with its own key, and takes every field that the API takes', async () => {
    const { publicKey } = await generateKeyPair('ES256')
    const { x, y } = await exportJWK(publicKey)
    const jwks = { keys: [{ kty: 'EC', crv: 'P-256', x, y }] }
    const form = {
      ...WEB,
      auth_method: 'private_key_jwt',
      jwks: JSON.stringify(jwks, null, 2),
      id_token_alg: 'ES256',
      device_flow: 'true',
      initiate_login_uri: 'https://orders.example.org/start',
      pkce: 'optional',
    }
    const path = '/admin/apps/new?kind=web'
    for (const [keys, text] of [
      ['', 'An app that signs with its own key needs its public keys here.'],
      ['{', 'This isn’t JSON.'],
      ['{"keys": [{"kty": "EC", "d": "AA"}]}', 'This is a private key.'],
    ] as const) {
      const refused = await admin.submit(path, { ...form, jwks: keys })
      expect([refused.status, refused.body.includes(text)], text).toEqual([422, true])
    }
    expect(await said(await admin.submit(path, form))).toContain('has been created')
    const columns = 'jwks, id_token_alg, device_flow, initiate_login_uri, pkce, secret_hash'
    const [row] = await rowsOf(`SELECT ${columns} FROM apps`)
    expect({ ...row, jwks: JSON.parse(String(row?.['jwks'])) }).toEqual({
      jwks,
      id_token_alg: 'ES256',
      device_flow: 1,
      initiate_login_uri: 'https://orders.example.org/start',
      pkce: 'optional',
      secret_hash: null,
    })
    const id = await idOf()
    const shown = await admin.open(`/admin/apps/${id}`)
    expect(shown.body).toContain('name="device_flow" value="true" checked')
    expect(shown.body).toMatch(/<option value="ES256" selected/)
    const { kind: _, first_party: __, device_flow: ___, ...edited } = form
    await said(await admin.submit(`/admin/apps/edit/${id}`, edited))
    expect(await rowsOf('SELECT device_flow, id_token_alg FROM apps')).toEqual([
      { device_flow: 0, id_token_alg: 'ES256' },
    ])
  })

  it('is refused in place, with what was typed', async () => {
    const bad = await admin.submit('/admin/apps/new?kind=spa', {
      ...WEB,
      kind: 'spa',
      redirect_uris: 'http://orders.example.org/\nhttps://*.example.org/',
    })
    expect(bad.status).toBe(422)
    expect(bad.body).toContain('Addresses must start with https://.')
    expect(bad.body).toContain('Wildcards aren’t supported.')
    expect(bad.body).toContain('http://orders.example.org/\nhttps://*.example.org/</textarea>')
    expect(bad.body).toMatch(/value="email" checked/)
    expect(bad.body).toMatch(/<option value="read:all" selected/)
    expect(await rowsOf('SELECT 1 FROM apps')).toEqual([])
  })

  it('asks who is acting when the proof is old', async () => {
    pass(STEP_UP_MS)
    const old = await admin.submit('/admin/apps/new?kind=web', WEB)
    expect([old.status, await rowsOf('SELECT 1 FROM apps')]).toEqual([403, []])
    const made = await admin.submit('/admin/apps/new?kind=web', { ...WEB, password: PASSWORD })
    expect(made.body).toMatch(SECRET)
  })
})

describe('the check while a URI is typed', () => {
  const check = async (kind: string, uri: string) => {
    const query = new URLSearchParams({ kind, uri })
    const reply = await admin.open(`/admin/apps/check-uri?${query.toString()}`)
    return /id="uri-check"[^>]*>([^<]*)</.exec(reply.body)?.[1]
  }
  it('gives the same answer as the server', async () => {
    expect(await check('web', CALLBACK)).toBe('')
    expect(await check('native', 'http://127.0.0.1/cb')).toBe('')
    expect(await check('web', 'javascript:alert(1)')).toBe('Addresses must start with https://.')
    expect(await check('native', 'myapp:/callback')).toBe(
      'A private scheme needs a dot, such as com.example.app:/callback.',
    )
  })
})

describe('the page of an app', () => {
  it('changes it; a name alone needs no proof', async () => {
    await admin.submit('/admin/apps/new?kind=web', WEB)
    const id = await idOf()
    const { kind: _, first_party: __, ...form } = WEB
    const same = { ...form, auth_method: 'client_secret_basic', pkce: 'required' }
    pass(STEP_UP_MS)
    const named = await admin.submit(`/admin/apps/edit/${id}`, { ...same, name: 'Shop' })
    expect(await said(named)).toBe('The app Shop has been saved.')
    const moved = { ...same, name: 'Shop', redirect_uris: 'https://shop.example.org/' }
    expect((await admin.submit(`/admin/apps/edit/${id}`, moved)).status).toBe(403)
    await said(await admin.submit(`/admin/apps/edit/${id}`, { ...moved, password: PASSWORD }))
    expect(await rowsOf('SELECT name, redirect_uris FROM apps')).toEqual([
      { name: 'Shop', redirect_uris: '["https://shop.example.org/"]' },
    ])
  })

  it('keeps what the API has set and its form does not ask', async () => {
    const backchannelLogoutUri = 'https://spa.example.org/logout'
    const { clientId } = await makeApp({ kind: 'spa', backchannelLogoutUri })
    const form = { name: 'Spa', redirect_uris: CALLBACK, scopes: ['openid'] }
    await said(await admin.submit(`/admin/apps/edit/${clientId}`, form))
    expect(await rowsOf('SELECT name, backchannel_logout_uri FROM apps')).toEqual([
      { name: 'Spa', backchannel_logout_uri: backchannelLogoutUri },
    ])
  })

  it('replaces its secret, disables, enables and deletes it', async () => {
    const { clientId } = await makeApp()
    const post = (what: string) => admin.submit(`/admin/apps/${what}/${clientId}`)
    const rotated = await post('rotate-secret')
    expect(rotated.body).toMatch(SECRET)
    expect(rotated.body).toContain('The previous secret still works until')
    const replaced = await post('replace-secret')
    expect(replaced.body).toMatch(SECRET)
    expect(replaced.body).not.toContain('The previous secret still works until')
    expect(await said(await post('disable'))).toBe('The app has been disabled.')
    expect((await admin.open(`/admin/apps/${clientId}`)).body).toContain(`/admin/apps/enable/`)
    expect(await said(await post('enable'))).toBe('The app has been enabled.')
    pass(STEP_UP_MS)
    expect(await said(await post('disable'))).toBe('The app has been disabled.')
    for (const what of ['enable', 'delete', 'rotate-secret', 'replace-secret']) {
      const asked = await post(what)
      expect([what, asked.status]).toEqual([what, 403])
      expect(asked.body).toContain('name="password"')
    }
    const proof = { password: PASSWORD }
    expect(await said(await admin.submit(`/admin/apps/delete/${clientId}`, proof))).toBe(
      'The app has been deleted.',
    )
    expect((await admin.open(`/admin/apps/${clientId}`)).status).toBe(404)
  })

  it('of an app with a metadata document has no form, and its id is one part of the path', async () => {
    const clientId = 'https://client.example.org/a/client.json?x=1'
    await makeApp({ clientId, source: 'metadata', kind: 'native', isFirstParty: false })
    const path = encodeURIComponent(clientId)
    const shown = await admin.open(`/admin/apps/${path}`)
    expect(shown.status).toBe(200)
    expect(shown.body).not.toContain('name="redirect_uris"')
    expect(shown.body).not.toContain('logout-deliveries')
    expect(await said(await admin.submit(`/admin/apps/disable/${path}`))).toContain('disabled')
    expect(await rowsOf('SELECT disabled_at IS NULL AS live FROM apps')).toEqual([{ live: 0 }])
  })
})

describe('who may use an app with a metadata document', () => {
  const clientId = 'https://client.example.org/client.json'
  const path = `/admin/apps/permission/${encodeURIComponent(clientId)}`
  const permission = async () => (await rowsOf('SELECT required_permission FROM apps'))[0]
  beforeEach(() =>
    makeApp({ clientId, source: 'metadata', name: 'Notes', kind: 'native', isFirstParty: false }),
  )

  it('is the only setting of its form, and asks who is acting', async () => {
    const shown = await admin.open(`/admin/apps/${encodeURIComponent(clientId)}`)
    expect(shown.body).toContain(`action="${path}"`)
    expect(shown.body).toContain('All other settings come from the app’s own metadata document.')
    pass(STEP_UP_MS)
    const form = { required_permission: 'read:all' }
    expect((await admin.submit(path, form)).status).toBe(403)
    expect(await permission()).toEqual({ required_permission: null })
    const saved = await admin.submit(path, { ...form, password: PASSWORD })
    expect(await said(saved)).toBe('The app Notes has been saved.')
    expect(await permission()).toEqual({ required_permission: 'read:all' })
    expect((await admin.open(`/admin/apps/${encodeURIComponent(clientId)}`)).body).toMatch(
      /<option value="read:all" selected/,
    )
    await said(await admin.submit(path, { required_permission: '' }))
    expect(await permission()).toEqual({ required_permission: null })
  })

  it('must be a permission that exists', async () => {
    const refused = await admin.submit(path, { required_permission: 'no:such' })
    expect(refused.status).toBe(422)
    expect(await permission()).toEqual({ required_permission: null })
  })
})

describe('APIs', () => {
  const FORM = {
    identifier: 'https://api.example.org/orders',
    name: 'Orders API',
    minutes: '15',
    scopes: 'orders:read - See your orders\norders:write write:all',
    open_to_metadata_apps: 'true',
  }
  it('are created with a secret, changed and deleted', async () => {
    const made = await admin.submit('/admin/apps/resources/new', FORM)
    expect(made.body).toMatch(SECRET)
    expect(await rowsOf('SELECT name, permission, description FROM scopes ORDER BY name')).toEqual([
      { name: 'orders:read', permission: null, description: 'See your orders' },
      { name: 'orders:write', permission: 'write:all', description: '' },
    ])
    const [row] = await rowsOf('SELECT id, token_ttl_seconds, open_to_metadata_apps FROM resources')
    expect(row).toMatchObject({ token_ttl_seconds: 900, open_to_metadata_apps: 1 })
    const path = `/admin/apps/resources/edit/${String(row?.['id'])}`
    const shown = await admin.open(path)
    expect(shown.body).toContain('orders:read - See your orders\norders:write write:all</textarea>')
    expect(shown.body).toContain('name="open_to_metadata_apps" value="true" checked')
    const { identifier: _, open_to_metadata_apps: __, ...form } = FORM
    expect(await said(await admin.submit(path, { ...form, scopes: '' }))).toContain('saved')
    expect(await rowsOf('SELECT 1 FROM scopes')).toEqual([])
    expect(await rowsOf('SELECT open_to_metadata_apps FROM resources')).toEqual([
      { open_to_metadata_apps: 0 },
    ])
    const rotated = await admin.submit(path.replace('edit', 'rotate-secret'))
    expect(rotated.body).toMatch(SECRET)
    expect(await said(await admin.submit(path.replace('edit', 'delete')))).toBe(
      'The API has been deleted.',
    )
    expect((await admin.open('/admin/apps/resources')).body).toContain('No APIs yet')
  })

  it('are refused in place', async () => {
    const bad = await admin.submit('/admin/apps/resources/new', {
      ...FORM,
      identifier: 'gatehouse',
      minutes: '5',
      scopes: 'openid',
    })
    expect(bad.status).toBe(422)
    expect(bad.body).toContain('This name belongs to this service itself.')
    const worse = await admin.submit('/admin/apps/resources/new', {
      ...FORM,
      minutes: '5',
      scopes: 'openid',
    })
    expect(worse.body).toContain('Use the format described above.')
    expect(worse.body).toContain('One of these names is a standard scope.')
    expect(worse.body).toContain('openid</textarea>')
  })
})

test('snippets contain the values of the app, and no value can leave its quotes', () => {
  const app = {
    client_id: "https://client.example.org/it's",
    kind: 'web' as const,
    auth_method: 'client_secret_basic' as const,
    redirect_uris: ["https://client.example.org/cb?x='$(id)'"],
    scopes: ['openid', 'a:b'],
    resources: [],
  }
  const snippets = snippetsOf(app, 'https://id.acme.com')
  expect(snippets.map(({ name }) => name.split(' ')[0])).toEqual([
    'Next.js',
    'Hono',
    'Express',
    'curl',
  ])
  for (const { name, code } of snippets) {
    expect(code, name).toContain('https://id.acme.com')
    expect(code, name).not.toContain("it's")
  }
  // These clients read the ID token alone unless they are told otherwise, and it names no user (test/clients).
  const [next, hono, express] = snippets.map(({ code }) => code)
  expect(next).toContain('idToken: false')
  expect(next).toContain('next-auth@5.0.0-beta.32')
  // The package is CommonJS, from which Node imports no names.
  expect(express).toContain("import openid from 'express-openid-connect'")
  expect(hono).toContain("fetch('https://id.acme.com/oauth/userinfo', { headers })")
  expect(express).toContain('claims: JSON.stringify({ id_token: { name: null, email: null } })')
  const curl = snippets.at(-1)?.code ?? ''
  // To a shell, no value of the app is outside of single quotes.
  const outside = curl.replaceAll(/'[^']*'|\\./g, '')
  expect(outside).not.toMatch(/\$\(id\)|client\.example/)
  for (const kind of ['spa', 'native', 'machine'] as const) {
    expect(snippetsOf({ ...app, kind }, 'https://id.acme.com').length, kind).toBeGreaterThan(0)
  }
})
