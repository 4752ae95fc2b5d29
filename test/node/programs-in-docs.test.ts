/** The programs that docs/ shows, run word by word against the service, but for where it is. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestHarness } from 'wrangler'

const PUBLIC_URL = 'http://localhost:8787'
const SETUP_TOKEN = randomBytes(24).toString('base64url')
const ADMIN = { email: 'admin@example.com', password: 'Tr0ub4dor&3' }

const secret = () => `k1:${randomBytes(32).toString('base64url')}`
const server = createTestHarness({
  root: process.cwd(),
  workers: [
    {
      configPath: './wrangler.toml',
      vars: { PUBLIC_URL },
      secrets: { TOKEN_KEYS: secret(), DATA_KEYS: secret(), SETUP_TOKEN },
    },
  ],
})

let origin: string
beforeAll(async () => {
  origin = (await server.listen()).url.origin
  await server.getWorker().applyD1Migrations('DB')
  await post('/api/v1/setup', { ...ADMIN, full_name: 'Grace Hopper', token: SETUP_TOKEN })
}, 60_000)
afterAll(() => server.close())

async function post(path: string, body: object): Promise<Record<string, string>> {
  const reply = await fetch(origin + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(reply.status).toBeLessThan(300)
  return (await reply.json()) as Record<string, string>
}

const firstProgram = (page: string): string =>
  /^```js\n([^]*?)^```$/m.exec(readFileSync(page, 'utf8'))?.[1] ?? ''

/** What the program prints; rejects when it fails. */
async function run(program: string, ...args: string[]): Promise<string> {
  const running = promisify(execFile)('node', ['--input-type=module', '-', ...args])
  running.child.stdin?.end(program)
  return (await running).stdout
}

it('the quick start asks who is signed in', async () => {
  const program = firstProgram('docs/quick-start.md').replace(PUBLIC_URL, origin)
  expect(await run(program, ADMIN.email, ADMIN.password)).toContain("roles: [ 'admin', 'user' ]")
  await expect(run(program, ADMIN.email, 'Wrong-Horse-7')).rejects.toThrow(
    'Incorrect email or password',
  )
})

it('an API elsewhere verifies a token offline, and no other', async () => {
  const program = firstProgram('docs/recipes/protect-an-api-elsewhere.md')
    .replace("'https://auth.example.com/.well-known", `'${origin}/.well-known`)
    .replace("'https://auth.example.com'", `'${PUBLIC_URL}'`)
  const signIn = await post('/api/v1/auth/login', {
    username: ADMIN.email,
    password: ADMIN.password,
  })
  const token = signIn['access_token'] ?? ''
  const whole = `const token = process.argv[2]\n${program}\nconsole.log(payload)`
  expect(await run(whole, token)).toContain("sub: '1'")
  const [head, claims, signature = ''] = token.split('.')
  const forged = `${head}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
  await expect(run(whole, forged)).rejects.toThrow('signature verification failed')
})
