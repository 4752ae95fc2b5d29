/**
 * What the console shows to paste (/admin/apps/{client_id}): each snippet is taken from its page, written into an
 * empty folder with the packages that it names, and run. A user signs in to the app that it is.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { ACCOUNT, freePort, startServiceWithApp } from '../../scripts/local-app.ts'
import { visit } from './support/browser.ts'
import { startPasted, stopPasted } from './support/pasted.ts'

const PATIENCE_MS = 60_000
const root = join(import.meta.dirname, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'console-snippets-'))
const ORDERS = 'https://api.example.com/orders'
const service = await startServiceWithApp({
  name: 'Another app',
  kind: 'spa',
  redirect_uris: ['http://localhost:1/'],
})
const { base } = service
await service.ask('POST', '/admin/resources', {
  identifier: ORDERS,
  name: 'Orders API',
  scopes: [{ name: 'orders:read' }],
  password: ACCOUNT.password,
})
after(async () => {
  stopPasted()
  await service.stop()
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
})

interface Registered {
  readonly clientId: string
  readonly secret: string
  /** The code of a snippet of the app's page. */
  readonly snippet: (name: string) => Promise<string>
}

async function register(app: Readonly<Record<string, unknown>>): Promise<Registered> {
  const made = await service.ask('POST', '/admin/apps', {
    name: 'Snippet',
    first_party: true,
    password: ACCOUNT.password,
    ...app,
  })
  const clientId = String(made['client_id'])
  const snippet = async (name: string) => {
    const { page, context } = await visit({ baseURL: base }, [base])
    await page.goto('/sign-in')
    await signIn(page)
    await page.waitForURL((url) => url.pathname !== '/sign-in')
    await page.goto(`/admin/apps/${clientId}`)
    const code = await page.locator(`pre[aria-label="${name}"]`).textContent()
    await context.close()
    return code ?? ''
  }
  return { clientId, secret: String(made['client_secret']), snippet }
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('Email address').fill(ACCOUNT.email)
  await page.getByLabel('Password', { exact: true }).fill(ACCOUNT.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** A folder with these files, and what the snippet installs. */
function folderOf(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(scratch, name)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** The packages that the snippet says to install, and others that its project has anyway. */
function install(code: string, others = ''): string {
  const line = /^\/\/ (npm install .+)$/m.exec(code)?.[1]
  if (line === undefined) throw new Error('the snippet names no packages')
  return `npm init -y && npm pkg set type=module\n${line} ${others}\n`
}

/** A snippet of several files, each behind a line with its path. */
const filesOf = (code: string): Record<string, string> =>
  Object.fromEntries(
    code
      .split(/^(?=\/\/ [\w./[\]-]+\.js$)/m)
      .slice(1)
      .map((part) => [/^\/\/ (.+)$/m.exec(part)?.[1] ?? '', part]),
  )

/** Files of a block of docs/connect-an-app.md. */
function fromDocs(...paths: string[]): Record<string, string> {
  const doc = readFileSync(join(root, 'docs/connect-an-app.md'), 'utf8')
  return Object.fromEntries(
    paths.map((path) => {
      const text = doc.split(`cat > ${path} <<'END'\n`)[1]?.split('\nEND\n')[0]
      if (text === undefined) throw new Error(`the page has no ${path}`)
      return [path, text]
    }),
  )
}

const { PATH = '' } = process.env
const env = { PATH: `${dirname(process.execPath)}${delimiter}${PATH}` }

/** The user signs in to the app, and is still signed in after a reload. */
async function signInTo(origin: string, path: string, shown: string, press?: 'Sign in') {
  const { page, context } = await visit({ baseURL: origin }, [origin, base])
  page.setDefaultTimeout(PATIENCE_MS)
  await page.goto(path)
  if (press) await page.getByRole('button', { name: press }).click()
  await page.waitForURL(`${base}/**`)
  await signIn(page)
  await page.waitForURL(`${origin}/**`)
  await page.getByText(shown).first().waitFor()
  await context.close()
}

void test('Next.js', async () => {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const { secret, snippet } = await register({
    kind: 'web',
    redirect_uris: [`${origin}/api/auth/callback/gatehouse`],
  })
  const code = await snippet('Next.js (next-auth 5)')
  assert.ok(code.includes(`// Redirect URI: ${origin}/api/auth/callback/gatehouse\n`))
  const cwd = folderOf('next', {
    ...filesOf(code),
    ...fromDocs('app/layout.js', 'app/page.js'),
    '.env.local': `AUTH_SECRET=${randomUUID()}\nAUTH_URL=${origin}\nAUTH_GATEHOUSE_SECRET=${secret}\n`,
  })
  const script = `${install(code, 'next react react-dom')}npx next dev --port ${port}`
  await startPasted(script, { title: 'Next.js', origin, cwd, env })
  await signInTo(origin, '/', `Hello, ${ACCOUNT.full_name}`, 'Sign in')
})

void test('Hono, as a Worker', async () => {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const { secret, snippet } = await register({
    kind: 'web',
    redirect_uris: [`${origin}/auth/callback`],
  })
  const code = await snippet('Hono (@hono/oidc-auth)')
  const cwd = folderOf('hono', {
    'index.js': code,
    'wrangler.toml': 'name = "snippet"\nmain = "index.js"\ncompatibility_date = "2026-01-01"\n',
    '.dev.vars': `OIDC_CLIENT_SECRET=${secret}\nOIDC_AUTH_SECRET=${randomUUID()}\n`,
  })
  const wrangler = join(root, 'node_modules/.bin/wrangler')
  const script = `${install(code)}${wrangler} dev --port ${port} --ip localhost`
  await startPasted(script, { title: 'Hono', origin, cwd, env })
  await signInTo(origin, '/', ACCOUNT.email)
})

void test('Express', async () => {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const { secret, snippet } = await register({
    kind: 'web',
    redirect_uris: [`${origin}/callback`],
    post_logout_redirect_uris: [origin],
  })
  const code = await snippet('Express (express-openid-connect)')
  const cwd = folderOf('express', { 'server.js': code.replace('3000', String(port)) })
  await startPasted(`${install(code)}node server.js`, {
    title: 'Express',
    origin,
    cwd,
    env: { ...env, CLIENT_SECRET: secret, SECRET: randomUUID() },
  })
  await signInTo(origin, '/profile', ACCOUNT.email)
})

void test('React', async () => {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const { snippet } = await register({ kind: 'spa', redirect_uris: [`${origin}/`] })
  const code = await snippet('React (react-oidc-context)')
  const cwd = folderOf('react', {
    'main.tsx': code,
    'index.html': `<!doctype html><html lang="en"><title>Snippet</title><div id="root"></div>
      <script type="module" src="/main.tsx"></script></html>`,
  })
  const script = `${install(code, 'vite react react-dom')}npx vite --port ${port} --strictPort`
  await startPasted(script, { title: 'React', origin, cwd, env })
  await signInTo(origin, '/', `Signed in as ${ACCOUNT.email}`, 'Sign in')
})

/** Runs a script of curl, which may ask for a code. Returns the JSON that it prints last. */
async function run(script: string, secret: string, codeFor?: (url: string) => Promise<string>) {
  const child = spawn('bash', ['-e', '-c', script], {
    env: { ...process.env, CLIENT_SECRET: secret },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let output = ''
  let answered: Promise<void> | undefined
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString()
    const [url = '', rest] = output.split('\n')
    if (codeFor && rest !== undefined) {
      answered ??= codeFor(url).then((code) => void child.stdin.end(`${code}\n`))
    }
  })
  await once(child, 'close')
  await answered
  return JSON.parse(output.split('\n').at(-1) ?? '') as Record<string, unknown>
}

for (const kind of ['web', 'native'] as const) {
  void test(`curl, for an app of the kind ${kind}`, async () => {
    const redirectUri = `http://127.0.0.1:${await freePort()}/callback`
    const { secret, snippet } = await register({ kind, redirect_uris: [redirectUri] })
    const tokens = await run(await snippet('curl'), secret, async (url) => {
      const { page, context } = await visit({}, [base])
      await page.goto(url)
      const back = page.waitForRequest((request) => request.url().startsWith(redirectUri))
      await signIn(page)
      const code = new URL((await back).url()).searchParams.get('code')
      await context.close()
      return code ?? ''
    })
    assert.deepEqual(Object.keys(tokens).sort(), [
      'access_token',
      'expires_in',
      'id_token',
      'refresh_token',
      'scope',
      'token_type',
    ])
  })
}

void test('curl, for a service', async () => {
  const { secret, snippet } = await register({
    kind: 'machine',
    resources: [ORDERS],
    scopes: ['orders:read'],
  })
  const tokens = await run(await snippet('curl'), secret)
  assert.equal(tokens['scope'], 'orders:read')
  const bare = await register({ kind: 'machine' })
  assert.ok((await run(await bare.snippet('curl'), bare.secret))['access_token'])
})
