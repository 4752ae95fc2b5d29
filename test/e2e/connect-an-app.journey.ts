/**
 * docs/connect-an-app.md: each block is pasted into a shell in an empty folder, but for the port, and a user signs
 * in to the app that it starts. Packages are installed from the registry, as readers do. Python's come from
 * Debian; where they are missing its test is skipped, except in CI.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { ACCOUNT, freePort, startServiceWithApp } from '../../scripts/local-app.ts'
import { visit } from './support/browser.ts'
import { startPasted, stopPasted } from './support/pasted.ts'

const PATIENCE_MS = 60_000
const root = join(import.meta.dirname, '../..')
const DOC = readFileSync(join(root, 'docs/connect-an-app.md'), 'utf8')
const scratch = mkdtempSync(join(tmpdir(), 'connect-an-app-'))

interface App {
  readonly title: string
  /** The port that the page names. */
  readonly port: string
  /** Where a visitor begins, and what they press there. */
  readonly path: string
  readonly press?: 'Sign in'
}

const APPS: readonly App[] = [
  { title: 'React', port: '5173', path: '/', press: 'Sign in' },
  { title: 'Hono', port: '3001', path: '/private' },
  { title: 'Next.js', port: '3002', path: '/', press: 'Sign in' },
  { title: 'Express', port: '3003', path: '/private' },
  { title: 'Python', port: '3004', path: '/' },
]

/** The block of a section. */
function blockOf(title: string): string {
  const section = DOC.split(/^## /m).find((each) => each.startsWith(`${title}\n`))
  const block = /^```sh\n([^]*?)^```$/m.exec(section ?? '')?.[1]
  if (block === undefined) throw new Error(`the page has no block for ${title}`)
  return block
}

/** The addresses that the page says to register, with another port. */
function addressesOf(title: string, from: string, to: string) {
  const row = DOC.split('\n').find((line) => line.startsWith(`| ${title} | \`http`)) ?? ''
  const [redirect = '', afterSignOut = '', logout] = Array.from(
    row.matchAll(/`(http[^`]+)`/g),
    ([, address = '']) => address.replace(from, to),
  )
  return {
    redirect_uris: [redirect],
    post_logout_redirect_uris: [afterSignOut],
    ...(logout !== undefined && { backchannel_logout_uri: logout }),
  }
}

execFileSync('npm', ['pack', '--workspaces', '--silent', '--pack-destination', scratch], {
  cwd: root,
  stdio: 'ignore',
})
const service = await startServiceWithApp({
  name: 'Another app',
  kind: 'spa',
  redirect_uris: ['http://localhost:1/'],
})
after(async () => {
  stopPasted()
  await service.stop()
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
})

/** Pastes the block into a shell, and waits for the app to answer. */
async function start(title: string, from: string, env: Record<string, string>): Promise<string> {
  const port = String(await freePort())
  const made = await service.ask('POST', '/admin/apps', {
    name: title,
    kind: title === 'React' ? 'spa' : 'web',
    first_party: true,
    password: ACCOUNT.password,
    ...addressesOf(title, from, port),
  })
  const origin = `http://localhost:${port}`
  await startPasted(blockOf(title).replaceAll(from, port), {
    title,
    origin,
    cwd: scratch,
    env: {
      PACKAGES: scratch,
      ISSUER: service.base,
      CLIENT_ID: String(made['client_id']),
      CLIENT_SECRET: String(made['client_secret']),
      ...env,
    },
  })
  return origin
}

const debian = spawnSync('/usr/bin/python3', ['-c', 'import authlib, flask, requests'])
const hasPython = debian.status === 0 || process.env.CI !== undefined

for (const { title, port, path, press } of APPS) {
  const skip =
    title === 'Python' && !hasPython && 'no python3-flask, python3-authlib, python3-requests'
  void test(`${title}: from nothing to a user who is signed in`, { skip }, async () => {
    // Readers have the Node and the Python of their machine.
    const { PATH = '' } = process.env
    const first = title === 'Python' ? '/usr/bin' : dirname(process.execPath)
    const origin = await start(title, port, { PATH: `${first}${delimiter}${PATH}` })
    const { page, context } = await visit({ baseURL: origin }, [origin, service.base])
    page.setDefaultTimeout(PATIENCE_MS)
    await page.goto(path)
    if (press) await page.getByRole('button', { name: press }).click()
    await page.waitForURL(`${service.base}/**`)
    await page.getByLabel('Email address').fill(ACCOUNT.email)
    await page.getByLabel('Password', { exact: true }).fill(ACCOUNT.password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.waitForURL(`${origin}/**`)
    await page.getByText(`Hello, ${ACCOUNT.full_name}`).waitFor()
    await page.reload()
    await page.getByText(`Hello, ${ACCOUNT.full_name}`).waitFor()
    assert.equal(new URL(page.url()).search, '')
    await context.close()
  })
}
