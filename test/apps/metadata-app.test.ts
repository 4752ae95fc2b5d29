/** Apps that come with a client id metadata document, fetched from a real server. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { appMap, forgetAppMap } from '../../src/apps/app-map'
import { appSubject } from '../../src/apps/app-subject'
import { clientIdUrlFault } from '../../src/apps/client-id-url'
import { forgetDocuments, share, shared } from '../../src/apps/document-cache'
import { findApp, findAppOfToken, findAppOrFault } from '../../src/apps/find-app'
import { recordMetadataApp } from '../../src/apps/record-metadata-app'
import { loadConfig } from '../../src/config'
import type { AppRow } from '../../src/tables/apps'
import { rowsOf } from '../db/rows'
import { freshIp } from '../support/api'
import { makeResource } from '../support/apps'
import { DAY, HOUR, MINUTE, pass, SECOND, stopClock } from '../support/clock'
import { depsFor } from '../support/deps'
import { DOCUMENT_REDIRECT, publishDocument } from '../support/documents'
import { makeUser } from '../support/users'

stopClock()

beforeEach(() => {
  // Past the budgets of earlier tests.
  pass(HOUR)
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})

/** Each call is a separate request, from another network. */
const find = (clientId: string) => findAppOrFault(depsFor(), clientId)
const found = async (clientId: string): Promise<AppRow> => {
  const app = await find(clientId)
  if ('fault' in app) throw new Error(app.fault)
  return app
}
const faultOf = async (clientId: string): Promise<string> => {
  const app = await find(clientId)
  return 'fault' in app ? app.fault : 'accepted'
}

const listOthers = (count: number) =>
  rowsOf(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    INSERT INTO apps (client_id, source, name, kind, auth_method, first_party, sector_id, created_at, updated_at)
    SELECT 'https://notes.example.org/' || i, 'metadata', 'N', 'spa', 'none', 0, 'metadata', 2, 2 FROM n`)

describe('an app with a metadata document', () => {
  it('is a public third party that must use PKCE', async () => {
    const { clientId } = await publishDocument()
    expect(await found(clientId)).toMatchObject({
      clientId,
      source: 'metadata',
      name: 'Notes',
      kind: 'native',
      authMethod: 'none',
      redirectUris: [DOCUMENT_REDIRECT],
      isFirstParty: false,
      pkce: 'required',
      allowsDeviceFlow: false,
      sectorId: 'metadata',
      backchannelLogoutUri: null,
      scopes: ['openid', 'profile', 'email', 'offline_access'],
      resources: [],
    })
  })

  it('may ask only for resources that an admin opened to such apps', async () => {
    const open = await makeResource({
      isOpenToMetadataApps: true,
      scopes: [{ name: 'notes:read' }],
    })
    const closed = await makeResource({ scopes: [{ name: 'pay:all' }] })
    const { clientId } = await publishDocument()
    const app = await found(clientId)
    expect(app.resources).toContain(open.identifier)
    expect(app.resources).not.toContain(closed.identifier)
    expect(app.scopes).toContain('notes:read')
    expect(app.scopes).not.toContain('pay:all')
  })

  it('knows each user by a sub that no other such app gets', async () => {
    const [one, other] = [await publishDocument(), await publishDocument()]
    const deps = depsFor()
    const subs = await Promise.all(
      [one, one, other].map(async ({ clientId }) =>
        appSubject(deps, await found(clientId), 'a-user'),
      ),
    )
    expect(subs[0]).toBe(subs[1])
    expect(subs[0]).not.toBe(subs[2])
    expect(await rowsOf("SELECT count(*) AS n FROM sectors WHERE id = 'metadata'")).toEqual([
      { n: 1 },
    ])
  })

  it('writes nothing by being found', async () => {
    const { clientId } = await publishDocument()
    await found(clientId)
    expect(await rowsOf('SELECT * FROM apps')).toEqual([])
  })

  it.each([
    [{ redirect_uris: ['https://notes.example.org/cb'] }, 'spa'],
    [{ redirect_uris: ['org.example.notes:/cb'] }, 'native'],
    [{ redirect_uris: ['http://localhost:33418/', 'https://notes.example.org/cb'] }, 'native'],
  ])('is of the kind of its redirect URIs: %j is %s', async (members, kind) => {
    const { clientId } = await publishDocument(members)
    expect(await found(clientId)).toMatchObject({ kind })
  })

  it('proves itself by the keys of its document', async () => {
    const key = { kty: 'EC', crv: 'P-256', x: 'a'.repeat(43), y: 'b'.repeat(43), kid: '1' }
    const { clientId } = await publishDocument({
      redirect_uris: ['https://notes.example.org/cb'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key] },
    })
    expect(await found(clientId)).toMatchObject({
      kind: 'web',
      authMethod: 'private_key_jwt',
      jwks: { keys: [key] },
    })
  })

  it('shows only links to its own site', async () => {
    const { clientId } = await publishDocument({
      tos_uri: 'https://bank.example.org/terms',
      policy_uri: 'javascript:alert(1)',
      logo_uri: 5,
    })
    expect(await found(clientId)).toMatchObject({ tosUri: null, policyUri: null, logoUri: null })
  })
})

describe('a document that is refused', () => {
  const KEY = { kty: 'EC', crv: 'P-256', x: 'a'.repeat(43), y: 'b'.repeat(43) }
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['names another client id', { client_id: 'https://bank.example.org/app' }, /client_id/],
    ['names none', { client_id: undefined }, /client_id/],
    ['has no redirect URIs', { redirect_uris: undefined }, /redirect_uris/],
    ['has an empty list of them', { redirect_uris: [] }, /redirect_uris/],
    ['redirects by http', { redirect_uris: ['http://notes.example.org/cb'] }, /https/],
    ['redirects to a script', { redirect_uris: ['javascript:alert(1)'] }, /redirect_uris/],
    ['redirects to us', { redirect_uris: ['http://localhost:8787/x'] }, /this service/],
    ['redirects anywhere', { redirect_uris: ['https://*.example.org/cb'] }, /wildcards/],
    ['has a secret', { client_secret: 'x' }, /client_secret/],
    ['has an expiring secret', { client_secret_expires_at: 0 }, /client_secret_expires_at/],
    ['authenticates by one', { token_endpoint_auth_method: 'client_secret_post' }, /none or/],
    ['authenticates by one in a JWT', { token_endpoint_auth_method: 'client_secret_jwt' }, /none/],
    ['has its keys elsewhere', { jwks_uri: 'https://notes.example.org/keys' }, /jwks_uri.*jwks/],
    ['has keys for nothing', { jwks: { keys: [KEY] } }, /jwks/],
    ['has no keys', { token_endpoint_auth_method: 'private_key_jwt' }, /jwks/],
    [
      'shows a private key',
      {
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [{ ...KEY, d: 'c'.repeat(43) }] },
      },
      /private/,
    ],
    ['has no code flow', { grant_types: ['client_credentials'] }, /grant_types/],
    ['wants tokens in the address', { response_types: ['token'] }, /response_types/],
    ['has a name of two lines', { client_name: 'Notes\nby your bank' }, /client_name/],
    ['turns its name around', { client_name: 'Notes \u202ekn\u0061b' }, /client_name/],
    ['wants unsigned ID tokens', { id_token_signed_response_alg: 'none' }, /id_token/],
  ])('%s', async (_, members, message) => {
    const { clientId } = await publishDocument(members)
    expect(await faultOf(clientId)).toMatch(message)
    expect(await findApp(depsFor(), clientId)).toBeUndefined()
  })

  it.each<[string, Parameters<typeof publishDocument>[1], RegExp]>([
    ['is not there', { status: 404 }, /404/],
    ['is somewhere else', { status: 302, headers: { location: '/client/x' } }, /302/],
    ['has moved for good', { status: 308, headers: { location: '/client/x' } }, /308/],
    ['comes with another success', { status: 203 }, /203/],
    ['is a web page', { headers: { 'content-type': 'text/html' } }, /application\/json/],
    ['is JSON for scripts', { headers: { 'content-type': 'text/json' } }, /application\/json/],
    ['is no JSON', { body: '{"client_id":' }, /not JSON/],
    ['is a list', { body: '[]' }, /metadata document/],
    ['has 10 MB', { how: 'endless' }, /5 KiB/],
    ['has one byte too many', { body: ' '.repeat(5121) }, /5 KiB/],
    ['is small only while compressed', { how: 'gzip', body: ' '.repeat(2_000_000) }, /5 KiB/],
    ['breaks off', { how: 'reset' }, /cannot be reached/],
  ])('%s', async (_, answer, message) => {
    const { clientId } = await publishDocument({}, answer)
    expect(await faultOf(clientId)).toMatch(message)
  })

  it('never comes, or trickles: the wait ends after five seconds', async () => {
    const documents = await Promise.all([
      publishDocument({}, { how: 'hang' }),
      publishDocument({}, { how: 'trickle' }),
    ])
    const began = performance.now()
    const faults = await Promise.all(documents.map(({ clientId }) => faultOf(clientId)))
    expect(faults).toEqual([
      'The metadata document took too long',
      'The metadata document took too long',
    ])
    expect(performance.now() - began).toBeLessThan(8_000)
  })

  it('has exactly 5 KiB, and is accepted', async () => {
    const { clientId, answer } = await publishDocument()
    const text = JSON.stringify({ client_id: clientId, redirect_uris: [DOCUMENT_REDIRECT] })
    await answer({ body: text.padEnd(5120), headers: { 'content-type': 'application/cimd+json' } })
    // Without a name it is called by its host.
    expect(await found(clientId)).toMatchObject({ name: new URL(clientId).host })
  })

  it('logs the host, and not more', async () => {
    const { clientId } = await publishDocument({ client_id: 'https://bank.example.org/app' })
    await faultOf(clientId)
    const [line] = vi.mocked(console.warn).mock.calls.at(-1) ?? []
    expect(JSON.parse(String(line))).toEqual({
      event: 'metadata_document_refused',
      request_id: 'test',
      host: new URL(clientId).host,
      reason: 'The metadata document: client_id: is not the URL of the document',
    })
  })
})

describe('a client id that is a URL', () => {
  const production = { ...loadConfig(env), PUBLIC_URL: 'https://id.example.com', isLoopback: false }
  const inProduction = (clientId: string) => clientIdUrlFault(production, clientId)

  it.each([
    'https://notes.example.org/app',
    'https://notes.example.org/oauth/app.json',
    'https://notes.example.org/app?v=1',
  ])('is taken: %s', (clientId) => {
    expect(inProduction(clientId)).toBeUndefined()
  })

  it.each([
    'http://notes.example.org/app',
    'https://notes.example.org',
    'https://notes.example.org/',
    'https://notes.example.org/app#part',
    'https://notes.example.org/app#',
    'https://ada@notes.example.org/app',
    'https://notes.example.org/a/../app',
    'https://notes.example.org/a/./app',
    'https://notes.example.org/a/%2e%2e/app',
    'https://notes.example.org:443/app',
    'https://notes.example.org:8443/app',
    'https://NOTES.example.org/app',
    'https://notes.example.org/app\n',
    'https://notes.example.org\\app',
    'https:notes.example.org/app',
    'https://127.0.0.1/app',
    'https://10.0.0.8/app',
    'https://0x7f000001/app',
    'https://2130706433/app',
    'https://[::1]/app',
    'https://[::ffff:169.254.169.254]/latest',
    'https://169.254.169.254/latest',
    'https://metadata.google.internal/app',
    'https://localhost/app',
    'https://printer.local/app',
    'https://intranet/app',
    'https://id.example.com/app',
    `https://notes.example.org/${'a'.repeat(500)}`,
  ])('is refused: %s', async (clientId) => {
    expect(inProduction(clientId)).toBeTypeOf('string')
  })

  it('is refused without a request', async () => {
    const spy = vi.spyOn(globalThis, 'fetch')
    for (const clientId of ['https://10.0.0.8/app', 'http://localhost:8787/client/x']) {
      expect(await findApp(depsFor(), clientId)).toBeUndefined()
    }
    expect(spy).not.toHaveBeenCalled()
    spy.mockRestore()
  })

  it('is refused if it is the identifier of an API, which would take its tokens', async () => {
    const document = await publishDocument()
    expect(await faultOf(document.clientId)).toBe('accepted')
    await makeResource({ identifier: document.clientId })
    forgetAppMap(depsFor())
    expect(await faultOf(document.clientId)).toBe('The client id is the identifier of an API')
    expect(await findAppOfToken(depsFor(), document.clientId)).toBeUndefined()
  })

  it('is refused if it is the audience of our own tokens', () => {
    const own = 'https://api.example.org/v1'
    const config = { ...production, ACCESS_TOKEN_AUDIENCE: own }
    for (const clientId of [own, `${own}:restricted`]) {
      expect(clientIdUrlFault(config, clientId)).toContain('audience')
    }
    expect(clientIdUrlFault(config, `${own}/app`)).toBeUndefined()
  })

  it.each([
    [['none'], false],
    [['notes.example.org'], true],
    [['other.example.org'], false],
    [['*'], true],
  ])('is taken from the hosts of METADATA_APP_HOSTS: %j', (hosts, isTaken) => {
    const config = { ...production, METADATA_APP_HOSTS: hosts }
    const fault = clientIdUrlFault(config, 'https://notes.example.org/app')
    expect(fault === undefined).toBe(isTaken)
  })
})

describe('a document that is kept', () => {
  it.each<[Record<string, string>, number]>([
    [{}, 10 * MINUTE],
    [{ 'cache-control': 'max-age=3600' }, HOUR],
    [{ 'cache-control': 'public, max-age=60, s-maxage=3600' }, HOUR],
    [{ 'cache-control': 'max-age=3600', age: '600' }, HOUR - 10 * MINUTE],
    [{ 'cache-control': 'no-store' }, MINUTE],
    [{ 'cache-control': 'max-age=0' }, MINUTE],
    [{ 'cache-control': 'max-age=99999999' }, DAY],
    [{ 'cache-control': 'max-age=forever' }, MINUTE],
    [{ expires: '0' }, MINUTE],
    [{ date: 'Tue, 01 Jan 2030 00:00:00 GMT', expires: 'Tue, 01 Jan 2030 02:00:00 GMT' }, 2 * HOUR],
  ])('a document with %j, for %i ms', async (headers, ms) => {
    const { clientId, asked } = await publishDocument({}, { headers })
    await found(clientId)
    pass(ms - SECOND)
    await found(clientId)
    expect(await asked()).toHaveLength(1)
    pass(2 * SECOND)
    await found(clientId)
    expect(await asked()).toHaveLength(2)
  })

  it('serves a new isolate of the same data centre', async () => {
    const { clientId, asked } = await publishDocument()
    await found(clientId)
    await vi.waitFor(async () => {
      forgetDocuments(depsFor())
      await found(clientId)
      // Kept after the response, so the first try may come too early.
      const before = (await asked()).length
      forgetDocuments(depsFor())
      await found(clientId)
      expect((await asked()).length).toBe(before)
    })
  })

  it('that a release with other rules refuses is asked for again', async () => {
    const { clientId } = await publishDocument()
    const deps = depsFor()
    const kept = { text: '{}', fetchedAt: deps.now, freshUntil: deps.now + DAY }
    await vi.waitFor(async () => {
      share(deps, clientId, kept)
      expect(await shared(deps, clientId)).toEqual(kept)
    })
    expect(await faultOf(clientId)).toBe('accepted')
  })

  it('is not a refusal: a document that was corrected is taken at once', async () => {
    const { clientId, publish } = await publishDocument({ redirect_uris: [] })
    expect(await faultOf(clientId)).toMatch(/redirect_uris/)
    await publish({})
    expect(await faultOf(clientId)).toBe('accepted')
  })

  it('serves while the host is down, for at most a day, and not once the document is gone', async () => {
    const { clientId, answer } = await publishDocument()
    await found(clientId)
    await answer({ status: 503 })
    pass(HOUR)
    expect(await faultOf(clientId)).toBe('accepted')
    pass(DAY)
    expect(await find(clientId)).toEqual({ fault: expect.stringMatching(/503/), retryAfter: 30 })
    await answer({})
    expect(await faultOf(clientId)).toBe('accepted')
    await answer({ status: 404 })
    pass(HOUR)
    expect(await faultOf(clientId)).toMatch(/404/)
    await answer({ status: 503 })
    expect(await faultOf(clientId)).toMatch(/503/)
  })
})

describe('fetching at the wish of strangers', () => {
  it('ends for a network after 30 documents in 10 minutes, while known ones go on', async () => {
    const ip = freshIp()
    const client = { ip, country: null, userAgent: null, region: null }
    const kept = await publishDocument()
    await found(kept.clientId)
    for (let n = 0; n < 30; n++) {
      const { clientId } = await publishDocument()
      expect(await findApp(depsFor({ client }), clientId)).toBeDefined()
    }
    const { clientId, asked } = await publishDocument()
    expect(await findAppOrFault(depsFor({ client }), clientId)).toMatchObject({
      fault: expect.stringMatching(/Too many/),
      retryAfter: 30,
    })
    expect(await asked()).toEqual([])
    expect(await findApp(depsFor({ client }), kept.clientId)).toBeDefined()
    pass(11 * MINUTE)
    expect(await findApp(depsFor({ client }), clientId)).toBeDefined()
  })

  it('ends for a host after 60 in 10 minutes from anywhere, but not for apps in use', async () => {
    const used = await publishDocument()
    await recordMetadataApp(depsFor(), await found(used.clientId))
    pass(HOUR)
    const results: boolean[] = []
    for (let n = 0; n < 65; n++) {
      const { clientId } = await publishDocument()
      results.push((await findApp(depsFor(), clientId)) !== undefined)
    }
    expect(results.filter(Boolean)).toHaveLength(60)
    expect(results.at(-1)).toBe(false)
    forgetDocuments(depsFor())
    const asked = (await used.asked()).length
    expect(await findApp(depsFor(), used.clientId)).toBeDefined()
    expect((await used.asked()).length).toBe(asked + 1)
    pass(HOUR)
  })

  it('shows nothing of the user or the request', async () => {
    const { clientId, asked } = await publishDocument()
    await found(clientId)
    const [headers = {}] = await asked()
    expect(headers).toMatchObject({ accept: 'application/json', 'user-agent': 'Gatehouse' })
    expect(Object.keys(headers)).not.toContain('cookie')
    expect(Object.keys(headers)).not.toContain('authorization')
    expect(JSON.stringify(headers)).not.toMatch(/10\.\d+\.\d+\.\d+/)
  })
})

describe('an app that a user has consented to', () => {
  it('is listed for admins, once, with what its document says', async () => {
    const { clientId, publish } = await publishDocument()
    await recordMetadataApp(depsFor(), await found(clientId))
    expect(await rowsOf(`SELECT * FROM apps WHERE client_id = '${clientId}'`)).toMatchObject([
      { source: 'metadata', name: 'Notes', first_party: 0, disabled_at: null, created_by: null },
    ])
    await publish({ client_name: 'Better notes' })
    pass(HOUR)
    await recordMetadataApp(depsFor(), await found(clientId))
    expect(await rowsOf(`SELECT name FROM apps WHERE client_id = '${clientId}'`)).toEqual([
      { name: 'Better notes' },
    ])
  })

  it('writes nothing when nothing changed', async () => {
    const { clientId } = await publishDocument()
    await recordMetadataApp(depsFor(), await found(clientId))
    const deps = depsFor()
    await appMap(deps)
    const before = deps.meter.calls
    await recordMetadataApp(deps, await found(clientId))
    expect(deps.meter.calls).toBe(before)
  })

  it('can be disabled, whatever its document says, and stays so at the next consent', async () => {
    const { clientId, publish } = await publishDocument()
    const app = await found(clientId)
    await recordMetadataApp(depsFor(), app)
    await rowsOf(`UPDATE apps SET disabled_at = 1 WHERE client_id = '${clientId}'`)
    pass(MINUTE)
    expect(await faultOf(clientId)).toBe('This app is disabled')
    expect(await findAppOfToken(depsFor(), clientId)).toBeUndefined()
    await publish({ client_name: 'Notes again' })
    await recordMetadataApp(depsFor(), { ...app, name: 'Notes again' })
    pass(MINUTE)
    expect(await faultOf(clientId)).toBe('This app is disabled')
  })

  it('can be kept to users with a permission', async () => {
    const { clientId } = await publishDocument()
    await recordMetadataApp(depsFor(), await found(clientId))
    await rowsOf(
      `UPDATE apps SET required_permission = 'use:notes' WHERE client_id = '${clientId}'`,
    )
    pass(MINUTE)
    expect(await found(clientId)).toMatchObject({ requiredPermission: 'use:notes' })
  })

  it('leaves the list when 500 others came later, unless an admin decided about it', async () => {
    await rowsOf('DELETE FROM apps')
    const { clientId } = await publishDocument()
    const app = await found(clientId)
    await recordMetadataApp(depsFor(), app)
    await rowsOf(`UPDATE apps SET updated_at = 1, disabled_at = 1 WHERE client_id = '${clientId}'`)
    await listOthers(600)
    pass(MINUTE)
    await recordMetadataApp(depsFor(), { ...app, clientId: 'https://notes.example.org/last' })
    const [count] = await rowsOf("SELECT count(*) AS n FROM apps WHERE source = 'metadata'")
    // The newest 500, and the disabled one.
    expect(count).toEqual({ n: 501 })
    expect(await rowsOf(`SELECT disabled_at FROM apps WHERE client_id = '${clientId}'`)).toEqual([
      { disabled_at: 1 },
    ])
    await rowsOf('DELETE FROM apps')
    pass(MINUTE)
  })

  it('stays on the list when one user consents to any number of others', async () => {
    await rowsOf('DELETE FROM apps')
    const { clientId } = await publishDocument()
    const app = await found(clientId)
    await recordMetadataApp(depsFor(), app)
    await rowsOf(`UPDATE apps SET updated_at = 1 WHERE client_id = '${clientId}'`)
    await listOthers(600)
    const [ada, bob, eve] = [await makeUser(), await makeUser(), await makeUser()]
    for (const { id } of [ada, bob]) {
      await rowsOf(`INSERT INTO app_grants VALUES (${id}, '${clientId}', 1, 1)`)
    }
    await rowsOf(`INSERT INTO app_grants SELECT ${eve.id}, client_id, 2, 2 FROM apps`)
    pass(MINUTE)
    await recordMetadataApp(depsFor(), { ...app, clientId: 'https://notes.example.org/last' })
    const listed = (await rowsOf("SELECT client_id FROM apps WHERE source = 'metadata'")).map(
      ({ client_id: id }) => id,
    )
    expect(listed).toHaveLength(500)
    expect(listed).toContain(clientId)
    expect(listed).toContain('https://notes.example.org/last')
    await rowsOf('DELETE FROM apps')
    pass(MINUTE)
  })

  it('has tokens that are checked without asking its host', async () => {
    const { clientId, asked, answer } = await publishDocument()
    await found(clientId)
    forgetDocuments(depsFor())
    await answer({ how: 'hang' })
    const before = (await asked()).length
    expect(await findAppOfToken(depsFor(), clientId)).toMatchObject({
      clientId,
      redirectUris: [],
      sectorId: 'metadata',
    })
    expect((await asked()).length).toBe(before)
  })
})
