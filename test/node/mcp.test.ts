/**
 * MCP from end to end: the server of docs/mcp.md as it is written there, a client that nobody registered, the MCP
 * SDK's own `auth()`, and the conformance suite of the Model Context Protocol for authorization servers.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { auth, type OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startLocalService, type LocalService } from '../../scripts/local-service.ts'
import { Browser } from './browser.ts'
import { PASSWORD } from './running-service.ts'

type App = { fetch(request: Request, env: object): Promise<Response> }

const ROOT = join(import.meta.dirname, '../..')
const EMAIL = 'root@example.com'
const CALLBACK = 'http://127.0.0.1:43917/callback'

const servers: Server[] = []
const folder = mkdtempSync(join(ROOT, '.mcp-test-'))
let service: LocalService
let mcp: string
let document: string
let resource: { id: string; identifier: string; secret: string }

beforeAll(async () => {
  service = await startLocalService({}, { knowsItsOrigin: true })
  const { base, setupToken } = service
  const account = { email: EMAIL, password: PASSWORD, full_name: 'Root' }
  await api(base, 'POST', '/setup', { token: setupToken, ...account })

  let app: App | undefined
  mcp = await listen((request, response) => void bridge(app, request, response))
  document = await listen((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({
        client_id: `http://${request.headers.host}${request.url}`,
        client_name: 'Notes',
        redirect_uris: ['http://127.0.0.1/callback'],
        token_endpoint_auth_method: 'none',
      }),
    )
  })
  const identifier = `${mcp}/mcp`
  const made = await asRoot('POST', '/admin/resources', {
    identifier,
    name: 'Notes',
    open_to_metadata_apps: true,
    scopes: [{ name: 'notes:read', description: 'Read your notes' }],
    password: PASSWORD,
  })
  resource = { id: made.id, identifier, secret: made.secret }
  app = await serverOfTheGuide()
}, 90_000)

afterAll(async () => {
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true, force: true })
  await service?.stop()
})

/** The program of docs/mcp.md, with the addresses of this test. */
async function serverOfTheGuide(): Promise<App> {
  const guide = readFileSync(join(ROOT, 'docs/mcp.md'), 'utf8')
  const [, program = ''] = /```ts\n([^]*?)```/.exec(guide) ?? []
  expect(program).toContain('export default app')
  const file = join(folder, 'server.ts')
  const here = program
    .replaceAll('https://mcp.example.com', mcp)
    .replaceAll('https://id.example.com', service.base)
    .replace('await next()', "return c.json({ read: 'notes' })")
  writeFileSync(file, here)
  return (await import(pathToFileURL(file).href)).default as App
}

async function bridge(app: App | undefined, request: IncomingMessage, response: ServerResponse) {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value))
  const asked = new Request(`${mcp}${request.url}`, { method: request.method ?? 'GET', headers })
  const env = { RESOURCE_ID: resource.id, RESOURCE_SECRET: resource.secret }
  const answer = await app?.fetch(asked, env)
  response.writeHead(answer?.status ?? 503, Object.fromEntries(answer?.headers ?? []))
  response.end(await answer?.text())
}

async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(handle)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Of the suite's own callback. */
async function freePort(): Promise<string> {
  const url = await listen(() => undefined)
  servers.pop()?.close()
  return new URL(url).port
}

async function api(base: string, method: string, path: string, body?: object, token?: string) {
  const response = await fetch(`${base}/api/v1${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

async function asRoot(method: string, path: string, body?: object) {
  const sent = { username: EMAIL, password: PASSWORD }
  const { access_token: token } = await api(service.base, 'POST', '/auth/login', sent)
  return api(service.base, method, path, body, token)
}

/** A client as the SDK wants it. It has no id but the address of its document. */
class Client implements OAuthClientProvider {
  held: OAuthTokens | undefined
  asked: URL | undefined
  #verifier = ''
  readonly redirectUrl = CALLBACK
  readonly clientMetadata = { redirect_uris: [CALLBACK] }
  readonly clientId: string
  constructor(clientId: string) {
    this.clientId = clientId
  }
  clientInformation = () => ({ client_id: this.clientId })
  tokens = () => this.held
  saveTokens = (tokens: OAuthTokens) => void (this.held = tokens)
  redirectToAuthorization = (url: URL) => void (this.asked = url)
  saveCodeVerifier = (verifier: string) => void (this.#verifier = verifier)
  codeVerifier = () => this.#verifier
}

const read = (token?: string) =>
  fetch(`${mcp}/mcp`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })

it('the SDK finds us by the MCP server, and its tokens end with the user', async () => {
  const refused = await read()
  expect(refused.status).toBe(401)
  expect(refused.headers.get('www-authenticate')).toContain('oauth-protected-resource')

  const client = new Client(`${document}/client.json`)
  const serverUrl = `${mcp}/mcp`
  expect(await auth(client, { serverUrl, scope: 'notes:read offline_access' })).toBe('REDIRECT')
  expect(client.asked?.origin).toBe(service.base)
  expect(client.asked?.searchParams.get('resource')).toBe(resource.identifier)

  const browser = new Browser(service.base)
  const answer = await browser.authorize(client.asked ?? '', EMAIL)
  expect(answer.searchParams.get('iss')).toBe(service.base)
  const authorizationCode = answer.searchParams.get('code') ?? ''
  expect(await auth(client, { serverUrl, authorizationCode })).toBe('AUTHORIZED')
  const first = client.held?.access_token ?? ''
  expect(await (await read(first)).json()).toEqual({ read: 'notes' })

  // With a refresh token the SDK renews by itself.
  const refreshToken = client.held?.refresh_token
  expect(refreshToken).toBeDefined()
  expect(await auth(client, { serverUrl })).toBe('AUTHORIZED')
  expect(client.held?.refresh_token).not.toBe(refreshToken)
  const second = client.held?.access_token ?? ''
  expect((await read(second)).status).toBe(200)

  const { items } = await asRoot('GET', '/admin/apps')
  expect(items).toEqual([
    expect.objectContaining({ client_id: `${document}/client.json`, source: 'metadata' }),
  ])
  const id = encodeURIComponent(`${document}/client.json`)
  await asRoot('DELETE', `/users/apps/${id}`)
  expect((await read(first)).status).toBe(401)
  expect((await read(second)).status).toBe(401)
}, 60_000)

it.each<[string, () => Promise<{ id: string; secret?: string; resource: string }>]>([
  [
    'a client that nobody registered',
    async () => ({ id: `${document}/other.json`, resource: resource.identifier }),
  ],
  [
    'a registered public client',
    async () => {
      const app = await asRoot('POST', '/admin/apps', {
        name: 'Registered',
        kind: 'native',
        first_party: false,
        // A native app listens on any port.
        redirect_uris: [CALLBACK],
        resources: [resource.identifier],
        scopes: ['notes:read'],
        password: PASSWORD,
      })
      return { id: app.client_id, resource: resource.identifier }
    },
  ],
])(
  'the conformance suite passes with %s',
  async (_, make) => {
    const { id, resource: uri } = await make()
    const port = await freePort()
    const cli = join(ROOT, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')
    const options = ['--url', service.base, '--client-id', id, '--resource', uri]
    const suite = spawn(process.execPath, [cli, 'authorization', ...options, '-p', port])
    let output = ''
    let visit: Promise<unknown> | undefined
    const onText = (chunk: Buffer) => {
      output += chunk.toString()
      const url = /^http\S+\/oauth\/authorize\?\S+$/m.exec(output)?.[0]
      visit ??= url
        ? new Browser(service.base).authorize(url, EMAIL).then((answer) => fetch(answer))
        : undefined
    }
    suite.stdout.on('data', onText)
    suite.stderr.on('data', onText)
    const [code] = await once(suite, 'exit')
    await visit
    expect([code, output]).toEqual([0, expect.stringMatching(/2 passed, 0 failed|Passed: 2/i)])
  },
  60_000,
)
