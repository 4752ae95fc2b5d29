/** `npm run deploy` as far as it goes without an account, and that production has every binding. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { unstable_readConfig as readConfig } from 'wrangler'
import { readProduction, writeDatabaseId } from '../../scripts/deploy/production.ts'
import { secretsThere } from '../../scripts/deploy/secret-names.ts'
import { completeSecrets, missingSecrets, secretsFileOf } from '../../scripts/deploy/secrets.ts'
import { jsonIn } from '../../scripts/deploy/wrangler.ts'

const scratch = mkdtempSync(join(tmpdir(), 'deployment-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const original = readFileSync('wrangler.toml', 'utf8')

/** wrangler.toml as its owner fills it in, in a folder of its own. */
function filledIn(name: string, change: (text: string) => string = (text) => text): string {
  const text = original
    .replaceAll('auth.example.com', 'auth.ada.dev')
    .replaceAll('no-reply@gatehouse.example', 'no-reply@ada.dev')
    .replaceAll('"src/index.ts"', JSON.stringify(resolve('src/index.ts')))
    .replaceAll('"public"', JSON.stringify(resolve('public')))
    .replaceAll('"migrations"', JSON.stringify(resolve('migrations')))
    .replaceAll('"./node_modules/', `"${resolve('node_modules')}/`)
  const file = join(scratch, name)
  writeFileSync(file, change(text))
  return file
}

const deploy = (config: string) =>
  spawnSync(process.execPath, ['scripts/deploy.ts', '--dry-run', '--config', config], {
    encoding: 'utf8',
  })

describe('the production environment', () => {
  it('has every binding of the top level, word for word', () => {
    const bindings = (env?: string) => {
      const config = readConfig({ config: 'wrangler.toml', ...(env && { env }) })
      const { d1_databases, durable_objects, queues, send_email, ratelimits } = config
      return { d1_databases, durable_objects, queues, send_email, ratelimits }
    }
    expect(bindings('production')).toEqual(bindings())
  })

  it('runs what the top level runs: crons, assets, classes, logs without queries, its build', () => {
    const rest = (env?: string) => {
      const config = readConfig({ config: 'wrangler.toml', ...(env && { env }) })
      const { name, main, triggers, assets, migrations, observability } = config
      const { compatibility_date, build, define, minify } = config
      const configured = { name, main, triggers, assets, migrations, observability }
      return { ...configured, compatibility_date, build, define, minify }
    }
    expect(rest('production')).toEqual(rest())
  })
})

describe('npm run deploy -- --dry-run', () => {
  it('names everything that is still a sample, and does nothing', () => {
    const { status, stderr } = deploy('wrangler.toml')
    expect(status).toBe(1)
    expect(stderr).toMatch(/PUBLIC_URL is https:\/\/auth\.example\.com/)
    expect(stderr).toMatch(/the route auth\.example\.com/)
    expect(stderr).toMatch(/MAIL_FROM is/)
  })

  it('says what it would create, and builds the bundle', { timeout: 60_000 }, () => {
    const { status, stdout, stderr } = deploy(filledIn('wrangler.toml'))
    expect(status, stdout + stderr).toBe(0)
    expect(stdout).toMatch(/database gatehouse, created if it is missing/)
    expect(stdout).toMatch(
      /queues gatehouse-outbox, gatehouse-events, gatehouse-webhooks, gatehouse-events-dead/,
    )
    expect(stdout).toMatch(/secrets TOKEN_KEYS, DATA_KEYS, SETUP_TOKEN, where/)
    expect(stdout).toMatch(/env\.DB \(gatehouse\)/)
    expect(stdout).toMatch(/PUBLIC_URL \("https:\/\/auth\.ada\.dev"\)/)
  })

  it.each(['http://auth.ada.dev', 'https://auth.ada.dev/', 'auth.ada.dev'])(
    'refuses %s as an origin',
    (url) => {
      const config = filledIn('origin.toml', (text) =>
        text.replace('PUBLIC_URL = "https://auth.ada.dev"', `PUBLIC_URL = "${url}"`),
      )
      expect(() => readProduction(config)).toThrow(/PUBLIC_URL/)
    },
  )

  it('asks for the secrets of the chosen mail transport', () => {
    const transport = (lines: string) =>
      readProduction(
        filledIn('transport.toml', (text) =>
          text.replace('[env.production.vars]', `[env.production.vars]\n${lines}`),
        ),
      ).ownSecrets
    expect(transport('MAIL_TRANSPORT = "resend"')).toEqual(['RESEND_API_KEY'])
    expect(transport('MAIL_TRANSPORT = "smtp"\nSMTP_USERNAME = "ada"')).toEqual(['SMTP_PASSWORD'])
    expect(transport('MAIL_TRANSPORT = "smtp"')).toEqual([])
  })
})

describe('the database', () => {
  const id = '11111111-2222-3333-4444-555555555555'

  it('has its id written into production alone, and nothing else changes', () => {
    const config = filledIn('database.toml')
    const before = readFileSync(config, 'utf8')
    expect(readProduction(config).database.id).toBeUndefined()
    writeDatabaseId(id, config)
    expect(readProduction(config).database.id).toBe(id)
    expect(readConfig({ config }).d1_databases[0]?.database_id).toMatch(/^0{8}-/)
    const after = readFileSync(config, 'utf8')
    expect(after.replace(id, '00000000-0000-0000-0000-000000000000')).toBe(before)
  })

  it('is not given a second id', () => {
    const config = filledIn('twice.toml')
    writeDatabaseId(id, config)
    expect(() => writeDatabaseId(id, config)).toThrow(/no place/)
  })
})

describe('secrets', () => {
  it('are made where they are missing, and a setup token only with the first keys', () => {
    expect(missingSecrets([], [])).toEqual(['TOKEN_KEYS', 'DATA_KEYS', 'SETUP_TOKEN'])
    expect(missingSecrets(['TOKEN_KEYS', 'DATA_KEYS'], [])).toEqual([])
    expect(missingSecrets(['TOKEN_KEYS', 'DATA_KEYS'], ['SMTP_PASSWORD'])).toEqual([
      'SMTP_PASSWORD',
    ])
  })

  it('are kept in a file for the owner alone, and used again by a second try', async () => {
    const file = join(scratch, 'secrets')
    const first = await completeSecrets(['TOKEN_KEYS', 'DATA_KEYS'], file)
    expect(first['TOKEN_KEYS']).toMatch(/^k1:[\w-]{43}$/)
    expect(first['DATA_KEYS']).not.toBe(first['TOKEN_KEYS'])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(await completeSecrets(['TOKEN_KEYS', 'DATA_KEYS'], file)).toEqual(first)
  })

  it('that nobody can make are asked for, and not invented', async () => {
    const file = join(scratch, 'own')
    if (process.stdin.isTTY) return
    await expect(completeSecrets(['RESEND_API_KEY'], file)).rejects.toThrow(/RESEND_API_KEY=/)
  })

  it('of staging are kept apart from those of production, and git ignores both', () => {
    const staging = filledIn('staging.toml', (text) =>
      text.replaceAll('name = "gatehouse"', 'name = "gatehouse-staging"'),
    )
    const files = [filledIn('wrangler.toml'), staging].map((config) =>
      secretsFileOf(readProduction(config).worker),
    )
    expect(files).toEqual(['.secrets.gatehouse', '.secrets.gatehouse-staging'])
    expect(readFileSync('.gitignore', 'utf8').split('\n')).toContain('.secrets.*')
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'on their way up lie in a private folder, and not after a %s',
    async (signal) => {
      const program = `import { withUpload } from './scripts/deploy/secrets.ts'
        await withUpload({ DATA_KEYS: 'k1:x' }, async (file) => {
          console.log(file)
          await new Promise((resolve) => setTimeout(resolve, 60_000))
        })`
      const child = spawn(process.execPath, ['--input-type=module', '-e', program])
      const [told] = (await once(child.stdout, 'data')) as [Buffer]
      const file = told.toString().trim()
      expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ DATA_KEYS: 'k1:x' })
      expect([file, dirname(file)].map((path) => statSync(path).mode & 0o777)).toEqual([
        0o600, 0o700,
      ])
      child.kill(signal)
      await once(child, 'exit')
      expect(existsSync(dirname(file))).toBe(false)
    },
  )
})

describe('which secrets there are', () => {
  /** What the account answers to wrangler. */
  let answer: { status: number; body: string } = { status: 200, body: '' }
  const api = createServer((_, response) => {
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
  })
  beforeAll(async () => {
    await once(api.listen(0, '127.0.0.1'), 'listening')
    const { port } = api.address() as AddressInfo
    vi.stubEnv('CLOUDFLARE_API_BASE_URL', `http://127.0.0.1:${port}/client/v4`)
    vi.stubEnv('CLOUDFLARE_API_TOKEN', 'test')
    vi.stubEnv('CLOUDFLARE_ACCOUNT_ID', '0123456789abcdef0123456789abcdef')
  })
  afterAll(() => {
    vi.unstubAllEnvs()
    api.close()
  })
  const there = (status: number, body: object | string) => {
    answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body) }
    return secretsThere('gatehouse', ['--env', 'production', '--config', filledIn('wrangler.toml')])
  }
  const failing = (code: number, message: string) => ({
    success: false,
    errors: [{ code, message }],
    messages: [],
    result: null,
  })
  const good = { success: true, errors: [], messages: [] }

  it('is what the account says', async () => {
    const result = [{ name: 'DATA_KEYS', type: 'secret_text' }]
    expect(await there(200, { ...good, result })).toEqual(['DATA_KEYS'])
    expect(await there(200, { ...good, result: [] })).toEqual([])
  })

  it('is none where the account has no such Worker', async () => {
    const missing = failing(10007, 'This Worker does not exist on your account.')
    expect(await there(404, missing)).toEqual([])
  })

  it.each([
    ['another thing is not found', 404, failing(10006, 'The route was not found')],
    ['the account has a fault', 500, failing(10013, 'does not exist, 10007 ms')],
    ['the token may not look', 403, failing(10000, 'Authentication error')],
    ['the answer is no list', 200, { ...good, result: { name: 'DATA_KEYS' } }],
    ['the answer is nothing', 200, { ...good, result: null }],
    ['the answer is no JSON', 200, '<h1>Hello</h1>'],
  ])('is not taken for none when %s', async (_, status, body) => {
    await expect(there(status, body)).rejects.toThrow(/Nothing was deployed/)
  })
})

it('JSON is found among the warnings that stand around it', () => {
  expect(jsonIn('▲ [WARNING] new version\n\n[\n  {"name": "a"}\n]\nlogs written\n')).toEqual([
    { name: 'a' },
  ])
  expect(jsonIn('nothing')).toBeUndefined()
})
