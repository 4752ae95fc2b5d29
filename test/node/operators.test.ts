/** `npm run smoke` and `npm run admin` against the running service, as their users run them. */
import { spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestHarness } from 'wrangler'
import { ask } from '../../scripts/admin/api.ts'
import { CliError } from '../../scripts/cli-error.ts'
import { checksOf } from '../../scripts/smoke/site.ts'

const secret = () => `k1:${randomBytes(32).toString('base64url')}`
const SETUP_TOKEN = randomBytes(16).toString('hex')
const server = createTestHarness({
  root: process.cwd(),
  workers: [
    {
      configPath: './wrangler.toml',
      vars: { PUBLIC_URL: 'http://localhost:8787', PASSWORD_HASH_ROUNDS: '1' },
      secrets: { TOKEN_KEYS: secret(), DATA_KEYS: secret(), SETUP_TOKEN },
    },
  ],
})

const scratch = mkdtempSync(join(tmpdir(), 'operators-'))
let url = ''
let key = ''
beforeAll(async () => {
  const listening = await server.listen()
  url = listening.url.origin
  await server.getWorker().applyD1Migrations('DB')
  const boss = { email: 'boss@example.com', password: 'Correct-Horse-7' }
  const made = { token: SETUP_TOKEN, full_name: 'Grace', ...boss }
  expect((await post('/setup', made)).status).toBe(201)
  const signIn = (await (await post('/auth/login', boss)).json()) as { access_token: string }
  key = signIn.access_token
}, 60_000)
afterAll(async () => {
  rmSync(scratch, { recursive: true, force: true })
  await server.close()
})

const post = (path: string, body: object) =>
  fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

/** Runs a script to its end. */
function run(script: string, args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [`scripts/${script}.ts`, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()))
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

const admin = (...args: string[]) =>
  run('admin', args, { GATEHOUSE_URL: url, GATEHOUSE_API_KEY: key })

describe('npm run smoke', () => {
  it(
    'runs the whole journey of an account, and leaves none behind',
    { timeout: 60_000 },
    async () => {
      const { code, stdout, stderr } = await run('smoke', [url])
      expect(code, stdout + stderr).toBe(0)
      expect(stdout).toMatch(/the emailed link verifies it/)
      expect(stdout).toMatch(/smoke: 27 passed, 0 failed/)
      const list = await admin('users', 'list', '--search', 'smoke+')
      expect(list.stdout).toMatch(/^0 of 0/)
    },
  )

  it('verifies by an admin’s key where there is no mailbox', { timeout: 60_000 }, async () => {
    const { code, stdout, stderr } = await run('smoke', [url], { GATEHOUSE_API_KEY: key })
    expect(code, stdout + stderr).toBe(0)
    expect(stdout).toMatch(/an import takes over the pending account/)
  })

  it('names the first answer that is not as the contract has it', async () => {
    const wrong = createServer((_, response) => {
      response.writeHead(200, { 'x-request-id': 'r-1', 'content-type': 'application/json' })
      response.end('{"keys": []}')
    }).listen(0)
    const { port } = wrong.address() as AddressInfo
    const { code, stderr } = await run('smoke', [`http://localhost:${port}`])
    wrong.close()
    expect(code).toBe(1)
    expect(stderr).toMatch(/FAILED no session without a token: .* answered 200/)
  })

  it('does not talk in clear to another machine', async () => {
    const { code, stderr } = await run('smoke', ['http://auth.ada.dev'])
    expect([code, stderr]).toEqual([1, expect.stringMatching(/must be https/)])
  })
})

describe('an answer whose body', () => {
  const begun = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
  const cases: [string, (socket: Socket) => void, RegExp, number][] = [
    [
      'stalls',
      (socket) => socket.write(`${begun}Content-Length: 99\r\n\r\n{`),
      /in time|within/,
      4,
    ],
    ['breaks off', (socket) => socket.end(`${begun}Content-Length: 99\r\n\r\n{`), /was cut off/, 3],
    ['is no JSON', (socket) => socket.end(`${begun}Content-Length: 1\r\n\r\n{`), /is not JSON/, 3],
  ]
  it.each(cases)('%s is told as such, and by its exit code', async (_, answer, words, exit) => {
    const sockets: Socket[] = []
    const wrong = createTcpServer((socket) => {
      sockets.push(socket)
      socket.once('data', () => answer(socket))
    }).listen(0)
    const base = `http://localhost:${(wrong.address() as AddressInfo).port}`
    const called = ask({ url: base, key, patienceMs: 300 }, 'GET', '/admin/stats')
    await expect(called).rejects.toMatchObject({ exit, message: expect.stringMatching(words) })
    const checked = checksOf(base, 300).check('it is healthy', 'GET', '/healthz', { status: 200 })
    await expect(checked).rejects.toThrow(CliError)
    await expect(checked).rejects.toThrow(words)
    for (const socket of sockets) socket.destroy()
    wrong.close()
  })
})

describe('npm run admin -- apps', () => {
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await admin(...args, '--json')
    expect(code, stderr).toBe(0)
    return JSON.parse(stdout) as Record<string, any>
  }

  it('gives an app all that the API takes, and changes it', { timeout: 60_000 }, async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwks = { keys: [publicKey.export({ format: 'jwk' })] }
    const file = join(scratch, 'jwks.json')
    writeFileSync(file, JSON.stringify(jwks))
    const uri = 'https://orders.example.org/'
    const options = {
      kind: 'web',
      'redirect-uris': uri,
      'post-logout-redirect-uris': uri,
      'backchannel-logout-uri': `${uri}logout`,
      'initiate-login-uri': `${uri}start`,
      'auth-method': 'private_key_jwt',
      jwks: file,
      'id-token-alg': 'ES256',
      pkce: 'optional',
      'device-flow': 'on',
    }
    const given = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
    const made = await json('apps', 'create', 'Orders', ...given)
    const fields = {
      post_logout_redirect_uris: [uri],
      backchannel_logout_uri: `${uri}logout`,
      initiate_login_uri: `${uri}start`,
      auth_method: 'private_key_jwt',
      jwks,
      id_token_alg: 'ES256',
      pkce: 'optional',
      device_flow: true,
    }
    expect(made).toMatchObject(fields)
    const id = String(made['client_id'])
    const change = ['--name', 'Shop', '--device-flow', 'off', '--initiate-login-uri', 'none']
    expect(await json('apps', 'change', id, ...change)).toMatchObject({
      ...fields,
      name: 'Shop',
      device_flow: false,
      initiate_login_uri: null,
    })
    for (const [bad, words] of [
      [['--device-flow', 'yes'], '--device-flow must be on or off.'],
      [['--jwks', join(scratch, 'none.json')], 'cannot be read'],
    ] as const) {
      const wrong = await admin('apps', 'change', id, ...bad)
      expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining(words)])
    }
    expect((await admin('apps', 'delete', id, '--yes')).code).toBe(0)
  })

  it('registers an app and an API, and prints each secret once', { timeout: 60_000 }, async () => {
    const api = 'https://api.example.org/orders'
    const scopes = 'orders:read orders:write=write:all'
    const resource = await json(
      'resources',
      'create',
      api,
      'Orders API',
      '--scopes',
      scopes,
      '--open-to-metadata-apps',
      'on',
    )
    expect(resource['secret']).toMatch(/^ghs_/)
    expect(resource).toMatchObject({ open_to_metadata_apps: true })
    const made = await json(
      'apps',
      'create',
      'Orders',
      '--kind',
      'machine',
      '--resources',
      api,
      '--scopes',
      'orders:read,orders:write',
    )
    expect(made).toMatchObject({ resources: [api], scopes: ['orders:read', 'orders:write'] })
    const id = String(made['client_id'])
    const list = await admin('apps', 'list')
    expect(list.stdout).toContain(id)
    expect(list.stdout).not.toContain('ghs_')
    const rotated = await json('apps', 'rotate-secret', id, '--now')
    expect(rotated).toMatchObject({ previous_secret_until: null })
    expect(rotated['client_secret']).not.toBe(made['client_secret'])
    expect((await admin('apps', 'disable', id)).stdout).toContain('disabled')
    expect(await json('apps', 'show', id)).toMatchObject({ enabled: false })
    expect((await admin('apps', 'delete', id)).code).toBe(2)
    const wrong = await admin('apps', 'create', 'Shop', '--kind', 'web')
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('redirect_uris')])
    expect((await admin('apps', 'delete', id, '--yes')).code).toBe(0)
    const gone = await admin('resources', 'delete', String(resource['id']), '--yes')
    expect(gone.code, gone.stderr).toBe(0)
  })
})

describe('npm run admin -- resources change', () => {
  it(
    'changes what is given, and keeps the descriptions of scopes',
    { timeout: 60_000 },
    async () => {
      const run = async (...args: string[]) => {
        const { code, stdout, stderr } = await admin('resources', ...args, '--json')
        expect(code, stderr).toBe(0)
        return JSON.parse(stdout) as Record<string, unknown>
      }
      const identifier = 'https://api.example.org/invoices'
      const options = ['--scopes', 'invoices:read invoices:pay', '--token-ttl-seconds', '900']
      const made = await run('create', identifier, 'Invoices', ...options)
      expect(made).toMatchObject({ token_ttl_seconds: 900, open_to_metadata_apps: false })
      const id = String(made['id'])
      const description = 'See your invoices'
      await ask({ url, key }, 'PATCH', `/admin/resources/${id}`, {
        scopes: [{ name: 'invoices:read', description }, { name: 'invoices:pay' }],
      })
      const renamed = await run('change', id, '--name', 'Invoice API')
      expect(renamed).toMatchObject({ name: 'Invoice API', token_ttl_seconds: 900 })
      const more = ['--token-ttl-seconds', '1200', '--open-to-metadata-apps', 'on']
      const scopes = 'invoices:read invoices:pay=write:all invoices:send'
      expect(await run('change', id, '--scopes', scopes, ...more)).toMatchObject({
        name: 'Invoice API',
        token_ttl_seconds: 1200,
        open_to_metadata_apps: true,
        scopes: [
          { name: 'invoices:pay', permission: 'write:all', description: '' },
          { name: 'invoices:read', permission: null, description },
          { name: 'invoices:send', permission: null, description: '' },
        ],
      })
      for (const [option, value] of [
        ['--token-ttl-seconds', 'long'],
        ['--open-to-metadata-apps', 'yes'],
      ] as const) {
        expect((await admin('resources', 'change', id, option, value)).code).toBe(2)
      }
      const short = await admin('resources', 'change', id, '--token-ttl-seconds', '60')
      expect([short.code, short.stderr]).toEqual([1, expect.stringContaining('token_ttl_seconds')])
      expect((await admin('resources', 'delete', id, '--yes')).code).toBe(0)
    },
  )
})

describe('npm run admin', () => {
  it('lists, shows, deactivates and grants', async () => {
    const invited = await admin('users', 'invite', 'ada@example.com', 'Ada Lovelace')
    expect(invited.code, invited.stderr).toBe(0)
    const list = await admin('users', 'list', '--status', 'pending')
    expect(list.stdout).toMatch(/ID\s+EMAIL\s+FULL_NAME/)
    expect(list.stdout).toMatch(/ada@example\.com\s+Ada Lovelace\s+pending\s+user/)
    const told = async (...args: string[]) => (await admin('users', ...args)).stdout.trim()
    expect(await told('activate', 'ada@example.com')).toBe(
      'ada@example.com: User activated successfully',
    )
    expect(await told('grant', 'ada@example.com', 'moderator')).toMatch(/^ada@example\.com: /)
    expect(await told('show', 'ada@example.com')).toMatch(/roles\s+moderator user/)
    expect(await told('withdraw', 'ada@example.com', 'moderator')).toMatch(/withdrawn/)
    expect(await told('deactivate', 'ada@example.com')).toMatch(/deactivated/)
    expect(await told('show', 'ada@example.com')).toMatch(/status\s+deactivated/)
    const json = JSON.parse(await told('show', 'ada@example.com', '--json'))
    expect(json).toMatchObject({ email: 'ada@example.com', status: 'deactivated' })
  }, 60_000)

  it('imports a file of any length in chunks, and tells the lines that were refused', async () => {
    const file = join(scratch, 'users.ndjson')
    const line = (n: number) =>
      n === 1100
        ? '{"email": "none"}'
        : JSON.stringify({ email: `import${n}@example.com`, full_name: `Import ${n}` })
    writeFileSync(file, Array.from({ length: 1200 }, (_, at) => line(at + 1)).join('\n'))
    const first = await admin('users', 'import', file)
    expect(first.stdout, first.stderr).toMatch(/1199 imported, 0 skipped, 1 refused/)
    expect(first.stdout).toMatch(/^1100\s+email/m)
    expect((await admin('users', 'import', file)).stdout).toMatch(/0 imported, 1199 skipped/)
  }, 60_000)

  it('fails when a line of an import was refused, and not when all are in', async () => {
    const file = join(scratch, 'some.ndjson')
    const good = '{"email": "some@example.com", "full_name": "Some Body"}\n'
    writeFileSync(file, `${good}{"email": "none"}\n`)
    const mixed = await admin('users', 'import', file, '--json')
    expect(mixed.code).toBe(1)
    expect(JSON.parse(mixed.stdout)).toMatchObject({
      imported: 1,
      skipped: 0,
      skipped_lines: [],
      refused: 1,
      errors: [{ line: 2 }, { line: 2 }],
    })
    writeFileSync(file, good)
    expect((await admin('users', 'import', file)).code).toBe(0)
  }, 60_000)

  it('imports no file that is not UTF-8: its names would be garbled', async () => {
    const file = join(scratch, 'latin.ndjson')
    const line = '{"email": "latin@example.com", "full_name": "J\u00fcrgen"}\n'
    writeFileSync(file, Buffer.from(line, 'latin1'))
    const refused = await admin('users', 'import', file)
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/latin\.ndjson is not UTF-8 \(line 1\)/),
    ])
    writeFileSync(file, Buffer.from(`\ufeff${line}`, 'utf16le'))
    expect((await admin('users', 'import', file)).stdout).toMatch(/^1 imported/m)
  }, 60_000)

  it('tells a program all that was answered: --json has the next page’s cursor', async () => {
    const told = async (...args: string[]) =>
      JSON.parse((await admin('users', 'list', '--json', '--size', '1', ...args)).stdout)
    const first = await told()
    expect(first).toMatchObject({ total: expect.any(Number), next_cursor: expect.any(String) })
    const second = await told('--cursor', first.next_cursor)
    expect(second.items[0].id).not.toBe(first.items[0].id)
  }, 60_000)

  it('tells a refusal, wrong usage, a service that is not there and one that is too slow apart', async () => {
    const refused = await admin('users', 'show', '999999')
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/^404 not_found: User/),
    ])
    const usage = await admin('users', 'grant', 'boss@example.com')
    expect([usage.code, usage.stderr.trim()]).toEqual([2, 'Missing role.'])
    const unknown = await admin('users', 'dance')
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringMatching(/^Usage/)])
    const wrongKey = await run('admin', ['stats'], { GATEHOUSE_URL: url, GATEHOUSE_API_KEY: 'x' })
    expect([wrongKey.code, wrongKey.stderr]).toEqual([1, expect.stringMatching(/^401 /)])
    const nowhere = { GATEHOUSE_URL: 'http://localhost:1', GATEHOUSE_API_KEY: 'x' }
    const unreachable = await run('admin', ['stats'], nowhere)
    expect([unreachable.code, unreachable.stderr]).toEqual([3, expect.stringMatching(/reached/)])
  }, 60_000)

  it('lets no name colour or move the terminal', async () => {
    const { printableJson, printableLines, table } = await import('../../scripts/admin/table.ts')
    expect(table([{ name: 'a\u001b[31m\r\nb\u202e' }], ['name'])).toBe('NAME\na?[31m??b?')
    // Refusals that quote what was sent, and JSON, which leaves DEL, C1 and bidi controls as they are.
    expect(printableLines('422 x:\n  a\u009b31m: b')).toBe('422 x:\n  a?31m: b')
    const json = printableJson({ name: 'a\u009b31m\u202e' })
    expect(json).toBe('{"name":"a\\u009b31m\\u202e"}')
    expect(JSON.parse(json)).toEqual({ name: 'a\u009b31m\u202e' })
  })

  it('gives no key away in clear', async () => {
    const env = { GATEHOUSE_URL: 'http://auth.ada.dev', GATEHOUSE_API_KEY: key }
    const { code, stderr } = await run('admin', ['stats'], env)
    expect([code, stderr]).toEqual([2, expect.stringMatching(/must be https/)])
  })

  it('retires the signing keys only on an emphatic yes, and signs everybody out', async () => {
    const asked = await admin('keys', 'retire')
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringMatching(/add --yes/)])
    expect((await admin('stats')).code).toBe(0)
    const { code, stdout, stderr } = await admin('keys', 'retire', '--yes')
    expect([code, stdout], stderr).toEqual([0, expect.stringMatching(/^The keys are retired/)])
    // The session that asked ends too.
    for (let tries = 0; tries < 50 && (await admin('stats')).code === 0; tries++);
    expect((await admin('stats')).stderr).toMatch(/^401 invalid_access_token/)
  }, 60_000)
})
