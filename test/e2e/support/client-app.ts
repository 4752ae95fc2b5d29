/**
 * An app on another origin that signs its users in here: a page with a link and with a button for a popup, and a
 * callback that exchanges the code and shows what it has learnt.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { base } from './site.ts'

export interface ClientApp {
  readonly origin: string
  readonly clientId: string
  /** The address of an authorization request. */
  readonly request: (more?: Readonly<Record<string, string>>) => string
  readonly stop: () => void
}

const VERIFIER = randomBytes(32).toString('base64url')
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')
const STATE = randomBytes(16).toString('base64url')

/** Registers the app with an administrator's token, and serves it. */
export async function startClientApp(
  adminToken: string,
  registration: { readonly name: string; readonly first_party: boolean },
): Promise<ClientApp> {
  const app = { clientId: '', secret: '', origin: '' }
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', app.origin)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      void answer(url, request.method ?? 'GET', Buffer.concat(chunks).toString()).then((html) => {
        response.setHeader('content-type', 'text/html; charset=utf-8')
        response.end(
          `<!doctype html><html lang="en"><title>App</title><link rel="icon" href="data:,">${html}`,
        )
      })
    })
  })

  async function answer(url: URL, method: string, body: string): Promise<string> {
    if (url.pathname !== '/callback') return homePage(url.searchParams.get('request') ?? '')
    const told = method === 'POST' ? new URLSearchParams(body) : url.searchParams
    const isOurs = told.get('iss') === base && told.get('state') === STATE
    if (!isOurs) return '<h1>Not ours</h1>'
    const code = told.get('code')
    if (code === null) return callbackPage(`${method} ${told.get('error')}`)
    const exchanged = await fetch(`${base}/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${app.clientId}:${app.secret}`)}` },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: `${app.origin}/callback`,
        code_verifier: VERIFIER,
      }),
    })
    const tokens = (await exchanged.json()) as { access_token?: string; error?: string }
    if (tokens.access_token === undefined) return callbackPage(`${method} ${tokens.error}`)
    const asked = await fetch(`${base}/oauth/userinfo`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    const user = (await asked.json()) as { email?: string; sub?: string }
    return callbackPage(`${method} signed in: ${user.email ?? user.sub}`)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  app.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const made = await fetch(`${base}/api/v1/admin/apps`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${adminToken}` },
    body: JSON.stringify({
      ...registration,
      kind: 'web',
      redirect_uris: [`${app.origin}/callback`],
      scopes: ['openid', 'email'],
    }),
  })
  const answered = (await made.json()) as { client_id: string; client_secret: string }
  if (made.status !== 201)
    throw new Error(`apps answered ${made.status} ${JSON.stringify(answered)}`)
  app.clientId = answered.client_id
  app.secret = answered.client_secret
  return {
    origin: app.origin,
    clientId: app.clientId,
    request: (more = {}) => {
      const url = new URL('/oauth/authorize', base)
      const parameters = {
        client_id: app.clientId,
        response_type: 'code',
        redirect_uri: `${app.origin}/callback`,
        scope: 'openid email',
        state: STATE,
        code_challenge: CHALLENGE,
        code_challenge_method: 'S256',
        ...more,
      }
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
      return url.href
    },
    stop: () => server.close(),
  }
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')

const homePage = (request: string) => `
  <h1>Home</h1><a href="${escaped(request)}">Sign in</a>
  <form method="post" action="${escaped(request.split('?')[0] ?? '')}">
    ${[...new URLSearchParams(request.split('?')[1])]
      .map(([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value)}">`)
      .join('')}
    <button>Sign in by form</button>
  </form>
  <button type="button" id="popup">Sign in by popup</button><p id="told"></p>
  <script>
    popup.onclick = () => open(document.links[0].href, 'popup', 'width=500,height=700')
    onmessage = ({ data, origin }) => { if (origin === location.origin) told.textContent = 'popup: ' + data }
  </script>`

const callbackPage = (said: string) => `
  <h1 id="said">${escaped(said)}</h1>
  <script>if (opener) { opener.postMessage(said.textContent, location.origin); close() }</script>`
