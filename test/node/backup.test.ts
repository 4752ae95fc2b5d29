/**
 * `npm run backup` and `npm run restore`, from one local database into another: what the product wrote
 * is compared row by row, by a reader of its own, and then used.
 */
import { execFile, spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readManifest } from '../../scripts/backup-files.ts'
import { readLayout } from '../../scripts/backup-layout.ts'
import { runFile } from '../../scripts/d1-query.ts'
import { restoreParts, type Trigger } from '../../scripts/restore-sql.ts'
import { SoftwareAuthenticator } from '../support/authenticator.ts'
import { codeAt } from '../support/totp.ts'
import { type Answer, type Service, startService } from './local-service.ts'

const PASSWORD = 'Correct-Horse-7'
const secret = () => `k1:${randomBytes(32).toString('base64url')}`
const settings = { TOKEN_KEYS: secret(), DATA_KEYS: secret(), SETUP_TOKEN: 'test-9f2c61d07be84a35' }

const scratch = mkdtempSync(join(tmpdir(), 'backup-'))
const [first, second, backup] = ['first', 'second', 'backup'].map((name) =>
  join(scratch, name),
) as [string, string, string]
const HERE = { isRemote: false, config: 'wrangler.toml', persistTo: second }
let recoveryCodes: string[] = []
let totpSecret = ''
let clientId = ''
const phone = new SoftwareAuthenticator()
/** The service's PUBLIC_URL (local-service.ts). */
const ORIGIN = 'http://localhost:8787'
/** scripts/after-restore.sql */
const IDS_SKIPPED = 1_000_000

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** A command to its end: whether it succeeded, and all that it said. */
function run(...args: string[]): Promise<{ isGood: boolean; said: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, stdout, stderr) => {
      resolve({ isGood: error === null, said: stdout + stderr })
    })
  })
}
const migrate = (folder: string) =>
  run(
    'node_modules/wrangler/bin/wrangler.js',
    'd1',
    'migrations',
    'apply',
    'DB',
    '--env=',
    '--local',
    '--persist-to',
    folder,
  )
const restore = (from: string, into: string, ...more: string[]) =>
  run('scripts/restore.ts', from, '--persist-to', into, ...more)

function database(folder: string, readOnly = true): DatabaseSync {
  const place = join(folder, 'v3/d1/miniflare-D1DatabaseObject')
  const file = readdirSync(place).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))
  return new DatabaseSync(join(place, file ?? ''), { readOnly })
}

function rows(folder: string, sql: string): unknown[] {
  return read(folder, sql, false)
}

/** Whole rows, whose numbers may be larger than JavaScript's: `users.search_rowid` is. */
const wholeRows = (folder: string, table: string) => read(folder, `SELECT * FROM "${table}"`, true)

function read(folder: string, sql: string, asBigInts: boolean): unknown[] {
  const opened = database(folder)
  try {
    const statement = opened.prepare(sql)
    statement.setReadBigInts(asBigInts)
    return statement.all()
  } finally {
    opened.close()
  }
}

const ok = ({ status, body }: Answer) => {
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}
const signIn = async (service: Service, username: string, password = PASSWORD) =>
  (await service.call('POST', '/auth/login', { username, password, remember_me: true })).body

/** A key that has signed ID tokens, and is still published. */
const rsaKey = () => ({
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }),
  kid: 'of-id-tokens',
  alg: 'RS256',
  use: 'sig',
})

/** Something of everything that the product stores. */
async function live(service: Service): Promise<void> {
  const { call } = service
  ok(
    await call('POST', '/setup', {
      token: settings.SETUP_TOKEN,
      email: 'root@example.com',
      password: PASSWORD,
      full_name: 'Root Admin',
    }),
  )
  const { access_token: root } = await signIn(service, 'root@example.com')
  const people: [string, string][] = [
    ['ada@example.com', "Ada O'Lovelace; DROP"],
    ['grace@example.com', 'Grace \u{1f9ee} -- Hopper'],
    ['gone@example.com', 'Gone Person'],
  ]
  for (const [email, full_name] of people) {
    ok(await call('POST', '/auth/register', { email, password: PASSWORD, full_name }))
    ok(
      await call('POST', '/auth/verify-email', {
        token: await service.mailedToken(email, '/verify-email'),
      }),
    )
  }
  ok(
    await call('POST', '/auth/register', {
      email: 'pending@example.com',
      password: PASSWORD,
      full_name: 'Not Yet',
    }),
  )
  const lines = Array.from({ length: 60 }, (_, i) =>
    JSON.stringify({ email: `imported${i}@example.org`, full_name: `Imported ${i}` }),
  )
  ok(await call('POST', '/admin/import', lines.join('\n'), root))
  ok(await call('POST', '/admin/roles', { name: 'editor', permissions: ['read:all'] }, root))
  const webhook = {
    url: 'http://localhost:9/hook',
    events: ['admin.two_factor_reset'],
    password: PASSWORD,
  }
  ok(await call('POST', '/admin/webhooks', webhook, root))
  const scopes = [{ name: 'orders:read' }]
  const api = { identifier: 'https://api.example.org/orders', name: 'Orders API', scopes }
  ok(await call('POST', '/admin/resources', { ...api, password: PASSWORD }, root))
  const app = {
    name: "Orders; DROP 'em",
    kind: 'web',
    first_party: false,
    redirect_uris: ['https://orders.example.org/callback'],
    scopes: ['openid', 'orders:read'],
    resources: [api.identifier],
    password: PASSWORD,
  }
  const { client_id } = ok(await call('POST', '/admin/apps', app, root))
  ok(await call('POST', '/admin/apps', { ...app, name: 'Own', first_party: true }, root))
  clientId = client_id
  const found = ok(await call('GET', '/admin/users?search=grace', undefined, root)).items[0]
  ok(await call('POST', `/admin/users/${found.id}/roles`, { role: 'editor' }, root))
  ok(await call('POST', '/auth/forgot-password', { email: 'nobody@example.com' }))
  const invited = ok(
    await call(
      'POST',
      '/admin/users',
      { email: 'invite@example.com', full_name: 'In Vited' },
      root,
    ),
  )
  const address = { email: 'invited@example.com' }
  ok(await call('PATCH', `/admin/users/${invited.id}`, address, root))
  const gone = ok(await call('GET', '/admin/users?search=gone@', undefined, root)).items[0]
  ok(await call('DELETE', `/admin/users/${gone.id}`, undefined, root))

  const { access_token: ada } = await signIn(service, 'ada@example.com')
  ok(
    await call(
      'PATCH',
      '/users/profile',
      { bio: "it's;\nCREATE TRIGGER x", preferences: { a: [1, "'", '\u2028'] } },
      ada,
    ),
  )
  const set = ok(await call('POST', '/users/2fa/setup', { password: PASSWORD }, ada))
  const on = ok(
    await call('POST', '/users/2fa/enable', { code: await codeAt(set.secret, Date.now()) }, ada),
  )
  recoveryCodes = on.recovery_codes
  totpSecret = set.secret
  await signIn(service, 'ada@example.com', 'Wrong-Horse-7')
  const { access_token: grace } = await signIn(service, 'grace@example.com')
  const asked = ok(await call('POST', '/users/passkeys/options', {}, grace))
  const credential = await phone.create(asked.publicKey, { origin: ORIGIN })
  const { challenge_token } = asked
  ok(await call('POST', '/users/passkeys', { challenge_token, credential, name: 'Phone' }, grace))
  // Events reach the log by their queue.
  const counted = 'SELECT 1 FROM daily_logins WHERE logins >= 3 AND failures >= 1'
  for (let tries = 0; tries < 100 && rows(first, counted).length === 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

beforeAll(async () => {
  await migrate(first)
  const service = await startService(first, settings)
  await live(service)
  await service.stop()
  const opened = database(first, false)
  // What only sign-ins to apps make.
  opened.exec(`INSERT INTO app_grants SELECT id, '${clientId}', 1, 2 FROM users LIMIT 1`)
  opened
    .prepare("INSERT INTO signing_keys VALUES ('of-id-tokens', ?, 'k1.n.c', 1, 1, 2, ?, 'RS256')")
    .run(JSON.stringify(rsaKey()), Date.now() + 30 * 86_400_000)
  opened.close()
  const made = await run('scripts/backup.ts', '--persist-to', first, '--to', backup)
  expect(made.isGood, made.said).toBe(true)
  await migrate(second)
}, 300_000)

const CARRIED = [
  'active_days',
  'app_grants',
  'apps',
  'audit_log',
  'audit_retention',
  'counters',
  'daily_actives',
  'daily_login_users',
  'daily_logins',
  'daily_registrations',
  'former_addresses',
  'mail_requests',
  'parked_events',
  'passkeys',
  'permissions',
  'resources',
  'role_permissions',
  'roles',
  'scopes',
  'sectors',
  'signing_keys',
  'user_roles',
  'users',
  'webhooks',
]
const NOT_CARRIED = [
  'api_key_permissions',
  'api_keys',
  'device_authorizations',
  'job_runs',
  'logout_deliveries',
  'one_time_tokens',
  'outbox',
  'precondition',
  'recovery_codes',
  'user_sessions',
  'webhook_deliveries',
]
const LEVEL = 'SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name'

describe('a backup', () => {
  it('may be read by its owner alone', () => {
    expect(statSync(backup).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(backup)) {
      expect(statSync(join(backup, name)).mode & 0o777, name).toBe(0o600)
    }
  })

  it('holds every table but those that are decided to stay behind', () => {
    const kept = readdirSync(backup).flatMap((name) => /(.*)\.jsonl$/.exec(name)?.[1] ?? [])
    expect(kept.sort()).toEqual(CARRIED)
    const all = rows(first, "SELECT name FROM sqlite_master WHERE type = 'table'") as {
      name: string
    }[]
    const others = all.map(({ name }) => name).filter((name) => !CARRIED.includes(name))
    const own = /^(_cf_|sqlite_|users_search|d1_migrations$|role_members$)/
    expect(others.filter((name) => !own.test(name)).sort()).toEqual(NOT_CARRIED)
  })

  it('holds no key of access tokens, no mailed token and no key of ours', () => {
    const text = readdirSync(backup)
      .map((name) => readFileSync(join(backup, name), 'utf8'))
      .join('\n')
    expect(text).toContain('ada@example.com')
    for (const { kid } of rows(first, "SELECT kid FROM signing_keys WHERE alg = 'ES256'") as {
      kid: string
    }[]) {
      expect(text).not.toContain(kid)
    }
    for (const { hash } of rows(first, 'SELECT hash FROM one_time_tokens') as { hash: string }[]) {
      expect(text).not.toContain(hash)
    }
    for (const key of Object.values(settings)) expect(text).not.toContain(key.split(':').at(-1))
  })
})

describe('a backup that cannot hold everything', () => {
  it('names the row that is too large, keeps the rest and fails', { timeout: 60_000 }, async () => {
    const [place, made] = [join(scratch, 'large'), join(scratch, 'large-backup')] as const
    cpSync(first, place, { recursive: true })
    const opened = database(place, false)
    const park = opened.prepare('INSERT INTO parked_events VALUES (?, ?, 1)')
    park.run('large', 'x'.repeat(95_000))
    // Short as JSON, long as a literal.
    park.run('large-in-sql', `\0${'x'.repeat(50_000)}`)
    park.run('small', 'x')
    opened.close()
    const { isGood, said } = await run('scripts/backup.ts', '--persist-to', place, '--to', made)
    expect([isGood, said]).toEqual([
      false,
      expect.stringMatching(/NOT IN THE BACKUP.*\nparked_events large\nparked_events large-in-sql/),
    ])
    const { tables } = JSON.parse(readFileSync(join(made, 'manifest.json'), 'utf8')) as {
      tables: { name: string; rows: number; too_large?: string[][] }[]
    }
    const parked = tables.find(({ name }) => name === 'parked_events')
    expect(parked).toMatchObject({ rows: 1, too_large: [['large'], ['large-in-sql']] })
    expect(tables.filter(({ too_large }) => too_large !== undefined)).toEqual([parked])
  })

  it('for want of space fails, and does not count what was not written', async () => {
    const program = `import { makeFolder, tableFile } from './scripts/backup-files.ts'
      makeFolder(process.argv[1])
      const file = tableFile(process.argv[1], 'users')
      file.append(['x'.repeat(700)])
      file.append(['y'.repeat(700)])
      console.log(file.close().rows)`
    const limited = (blocks: string, folder: string) =>
      new Promise<string>((resolve) => {
        // A file that may grow to so many KiB takes a part of what crosses that.
        const command = `ulimit -f ${blocks}; exec "$0" --input-type=module -e "$1" "$2"`
        const args = ['-c', command, process.execPath, program, join(scratch, folder)]
        execFile('bash', args, (_, stdout, stderr) => resolve(stdout + stderr))
      })
    expect(await limited('2', 'roomy')).toBe('2\n')
    expect(await limited('1', 'full')).toMatch(/Refusal: .*users\.jsonl cannot be written: EFBIG/)
  })
})

describe('a restore', () => {
  it('is refused where somebody is, and changes nothing', { timeout: 120_000 }, async () => {
    const before = wholeRows(first, 'users')
    const { isGood, said } = await restore(backup, first)
    expect([isGood, said]).toEqual([
      false,
      expect.stringContaining('is not empty (users, audit_log, roles)'),
    ])
    expect(wholeRows(first, 'users')).toEqual(before)
    expect(rows(first, LEVEL)).toEqual(rows(second, LEVEL))
  })

  it(
    'is refused for what is not whole, not as it was written, or of another level',
    { timeout: 120_000 },
    async () => {
      const broken = (name: string, spoil: (folder: string) => void) => {
        const folder = join(scratch, name)
        cpSync(backup, folder, { recursive: true })
        spoil(folder)
        return restore(folder, second)
      }
      const manifest = 'manifest.json'
      const cases = await Promise.all([
        broken('unfinished', (folder) => rmSync(join(folder, manifest))),
        broken('changed', (folder) =>
          writeFileSync(join(folder, 'users.jsonl'), '', { flag: 'w' }),
        ),
        broken('older', (folder) => {
          const text = readFileSync(join(folder, manifest), 'utf8')
          writeFileSync(join(folder, manifest), text.replace('0004_jobs.sql', '0003b_others.sql'))
        }),
      ])
      expect(cases.map(({ isGood, said }) => [isGood, said])).toEqual([
        [false, expect.stringContaining('is not a complete backup')],
        [false, expect.stringContaining('checksum differs')],
        [false, expect.stringContaining('The backup was made at migration 0003b_others.sql')],
      ])
      expect(rows(second, 'SELECT * FROM users')).toEqual([])
    },
  )

  it(
    'that is killed half-way is recognized, and the next one starts over',
    { timeout: 120_000 },
    async () => {
      const args = ['scripts/restore.ts', backup, '--persist-to', second, '--part-bytes', '20000']
      // A group of its own, so that the wrangler which it has started dies with it.
      const child = spawn(process.execPath, args, {
        stdio: ['ignore', 'pipe', 'ignore'],
        detached: true,
      })
      let told = ''
      for await (const chunk of child.stdout) {
        told += String(chunk)
        if (told.includes('part 2 restored')) break
      }
      process.kill(-(child.pid ?? 0), 'SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      expect(rows(second, 'SELECT * FROM restore_under_way').length).toBeGreaterThan(10)
      const again = await restore(backup, second)
      expect([again.isGood, again.said]).toEqual([true, expect.stringContaining('starting over')])
    },
  )

  it('that is late changes nothing once another one has ended', { timeout: 120_000 }, async () => {
    const layout = await readLayout(HERE)
    const manifest = await readManifest(backup)
    const triggers = rows(
      second,
      "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    ) as Trigger[]
    const own = { id: 'late', folder: backup, manifest, layout, triggers }
    const parts = []
    for await (const part of restoreParts(own, 20_000)) parts.push(part)
    const [started, later] = parts
    const runPart = (part = '') => {
      const file = join(scratch, 'part.sql')
      writeFileSync(file, part)
      return runFile(HERE, file)
    }
    const before = wholeRows(second, 'users')
    await expect(runPart(started)).rejects.toThrow('precondition:restore_overtaken')
    await expect(runPart(later)).rejects.toThrow('no such table: restore_under_way')
    expect(wholeRows(second, 'users')).toEqual(before)
  })

  it('brings back every row of every table as it was', () => {
    for (const table of [...CARRIED, 'role_members']) {
      const sql =
        table === 'counters'
          ? "SELECT * FROM counters WHERE name <> 'sessions' ORDER BY name"
          : table === 'webhooks'
            ? 'SELECT id, url, secret, events FROM webhooks'
            : table === 'signing_keys'
              ? "SELECT * FROM signing_keys WHERE alg = 'RS256'"
              : `SELECT * FROM "${table}"`
      expect(read(second, sql, true), table).toEqual(read(first, sql, true))
      if (!['audit_retention', 'daily_actives', 'parked_events'].includes(table)) {
        expect(read(second, sql, true).length, table).toBeGreaterThan(0)
      }
    }
    for (const table of NOT_CARRIED)
      expect(rows(second, `SELECT * FROM ${table}`), table).toEqual([])
  })

  it('leaves tables, indexes, triggers and ids as the migrations made them', () => {
    expect(rows(second, LEVEL)).toEqual(rows(first, LEVEL))
    const ids =
      'SELECT name, seq FROM sqlite_sequence WHERE name IN (SELECT name FROM sqlite_master) ORDER BY name'
    const own = (rows(first, ids) as { name: string; seq: number }[])
      .filter(({ name }) => name !== 'd1_migrations')
      .map(({ name, seq }) => ({ name, seq: seq + IDS_SKIPPED }))
    expect(own.map(({ name }) => name).sort()).toEqual(['permissions', 'roles', 'users'])
    expect(rows(second, ids)).toEqual(expect.arrayContaining(own))
    expect(rows(second, 'PRAGMA foreign_key_check')).toEqual([])
  })

  it('lists and counts everybody for searches, as the tables say', () => {
    const listed =
      'SELECT CAST(rowid AS TEXT) AS row, roles, counter FROM users_search ORDER BY rowid'
    expect(rows(second, listed)).toEqual(rows(first, listed))
    const sessions = "SELECT value FROM counters WHERE name = 'sessions'"
    expect(rows(second, sessions)).toEqual([{ value: 0 }])
  })

  it(
    'lets users go on: sign-in, second factor, passkeys, roles, search and counters',
    { timeout: 120_000 },
    async () => {
      const service = await startService(second, { ...settings, TOKEN_KEYS: secret() })
      try {
        const { access_token: root } = await signIn(service, 'root@example.com')
        const list = ok(await service.call('GET', '/admin/users?search=lovelace', undefined, root))
        expect(list.items.map(({ email }: { email: string }) => email)).toEqual(['ada@example.com'])
        const { total } = ok(await service.call('GET', '/admin/users?role=editor', undefined, root))
        expect(total).toBe(1)
        const { challenge_token } = await signIn(service, 'ada@example.com')
        const prove = (proof: object) =>
          service.call('POST', '/auth/2fa/verify', { challenge_token, ...proof })
        // It may have been used since the backup was made; the authenticator goes on.
        const { body } = await prove({ recovery_code: recoveryCodes[0] })
        expect(body.code).toBe('invalid_2fa_code')
        const code = await codeAt(totpSecret, Date.now())
        expect((await prove({ code })).status).toBe(200)
        const asked = ok(await service.call('POST', '/auth/passkey/options'))
        const credential = await phone.get(asked.publicKey, { origin: ORIGIN })
        const presented = { challenge_token: asked.challenge_token, credential }
        const byPasskey = ok(await service.call('POST', '/auth/passkey/verify', presented))
        expect(byPasskey.user.email).toBe('grace@example.com')
        const { items } = ok(await service.call('GET', '/admin/webhooks', undefined, root))
        expect(items).toMatchObject([{ enabled: false }])
        const made = ok(
          await service.call('POST', '/auth/register', {
            email: 'new@example.com',
            password: PASSWORD,
            full_name: 'New Person',
          }),
        )
        const [{ last }] = rows(
          first,
          "SELECT seq AS last FROM sqlite_sequence WHERE name = 'users'",
        ) as [{ last: number }]
        expect(made.id).toBe(last + IDS_SKIPPED + 1)
        const stats = ok(await service.call('GET', '/admin/stats', undefined, root))
        const [{ n }] = rows(second, 'SELECT count(*) AS n FROM users') as [{ n: number }]
        expect(stats.total_users).toBe(n)
      } finally {
        await service.stop()
      }
    },
  )
})
