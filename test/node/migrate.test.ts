/** `npm run migrate` as an operator types it: a process, its two outputs and its files. */
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { EMPTY_HASHES } from '../support/empty-hashes.ts'

const directory = mkdtempSync(join(tmpdir(), 'migrate-'))
afterAll(() => rmSync(directory, { recursive: true }))

const REALM = 'test/migrate/fixtures/keycloak/engines-realm.json'
const migrate = (...args: string[]) =>
  spawnSync('npm', ['run', '-s', 'migrate', '--', ...args], { encoding: 'utf8' })
const emailsIn = (ndjson: string): string[] =>
  ndjson.split('\n').flatMap((line) => (line === '' ? [] : JSON.parse(line).email))
const PEOPLE = ['ada', 'grace', 'alan', 'edsger', 'barbara', 'katherine', 'radia'].map(
  (name) => `${name}@example.com`,
)

it('prints lines alone, and tells the rest beside them', () => {
  const { stdout, stderr, status } = migrate('keycloak', REALM)
  expect(status).toBe(0)
  expect(emailsIn(stdout)).toEqual(PEOPLE)
  expect(stdout).toContain('"hashed_password":"$argon2id$v=19$m=7168,t=5,p=1$')
  expect(stderr).toContain('engines-realm.json:users[7]: LEFT OUT: it is a service account')
  expect(stderr).toContain('7 converted (3 without a password), 1 left out')
  expect(stderr).not.toContain('@example.com')
})

it('writes files for their owner alone, and over nothing that is there', () => {
  const [out, ids] = [join(directory, 'out'), join(directory, 'ids.ndjson')]
  const run = () => migrate('keycloak', REALM, '--out', out, '--ids', ids)
  expect(run()).toMatchObject({ status: 0, stdout: '' })
  expect(readdirSync(out)).toEqual(['users-001.ndjson'])
  expect(emailsIn(readFileSync(join(out, 'users-001.ndjson'), 'utf8'))).toEqual(PEOPLE)
  expect(readFileSync(ids, 'utf8').split('\n')[0]).toBe(
    '{"id":"3f1c2d4e-5a6b-4c7d-8e9f-000000000001","email":"ada@example.com"}',
  )
  for (const file of [join(out, 'users-001.ndjson'), ids]) {
    expect(statSync(file).mode & 0o777).toBe(0o600)
  }
  expect(run()).toMatchObject({ status: 1, stdout: '' })
})

it('writes nothing when one of its outputs is there, or cannot be written', () => {
  const [out, ids] = [join(directory, 'other'), join(directory, 'taken.ndjson')]
  writeFileSync(ids, 'kept')
  const taken = migrate('keycloak', REALM, '--out', out, '--ids', ids)
  expect(taken).toMatchObject({
    status: 1,
    stdout: '',
    stderr: `${ids} already exists. Nothing was written. Choose another path or move the file.\n`,
  })
  expect(migrate('keycloak', REALM, '--ids', ids)).toMatchObject({ status: 1, stdout: '' })
  expect(readFileSync(ids, 'utf8')).toBe('kept')
  const nowhere = join(directory, 'no', 'ids.ndjson')
  const lost = migrate('keycloak', REALM, '--out', out, '--ids', nowhere)
  expect([lost.status, lost.stdout]).toEqual([1, ''])
  expect(existsSync(out)).toBe(false)
  const inside = join(out, 'ids.ndjson')
  expect(migrate('keycloak', REALM, '--out', out, '--ids', inside).status).toBe(0)
  expect(readdirSync(out).sort()).toEqual(['ids.ndjson', 'users-001.ndjson'])
})

it('says why a file cannot be written, and takes the directory that it has made away', () => {
  const out = join(directory, 'full')
  const { migrate: command } = JSON.parse(readFileSync('package.json', 'utf8')).scripts
  const args = ['keycloak', REALM, '--out', out, '--ids', join(out, 'ids.ndjson')]
  // No file may hold a byte: a write fails when its file is there already. (npm writes files, too.)
  const limited = ['-c', `ulimit -f 0; ${command} "$@"`, 'sh', ...args]
  const { stdout, stderr, status } = spawnSync('sh', limited, { encoding: 'utf8' })
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^EFBIG: .*$/m)
  expect(stderr).not.toContain('ENOTEMPTY')
  expect(existsSync(out)).toBe(false)
})

it('names two files of one name by their paths', () => {
  const files = ['old', 'new'].map((folder) => {
    mkdirSync(join(directory, folder))
    const file = join(directory, folder, 'users.json')
    writeFileSync(file, `[{"id":1,"email":"${folder}@example.com","banned":${folder === 'new'}}]`)
    return file
  })
  const { stdout, stderr } = migrate('better-auth', ...files)
  expect(JSON.parse(stdout)).toMatchObject({ email: 'old@example.com', is_active: false })
  expect(stderr).toContain(
    `${files[0]}[0]: deactivated: the same user is blocked at ${files[1]}[0]`,
  )
  expect(stderr).toContain(`${files[1]}[0]: LEFT OUT: the same user as at ${files[0]}[0]`)
})

it('keeps the digits of long ids, and grants each role that --role names', () => {
  const [file, ids] = [join(directory, 'long.json'), join(directory, 'long-ids.ndjson')]
  writeFileSync(file, '[{"id":7212345678901234561,"email":"ada@example.com","role":"staff"}]')
  const roles = ['--role', 'staff=moderator', '--role', 'staff=editor']
  const { stdout } = migrate('better-auth', file, ...roles, '--ids', ids)
  expect(JSON.parse(stdout).roles).toEqual(['moderator', 'editor'])
  expect(readFileSync(ids, 'utf8')).toBe('{"id":"7212345678901234561","email":"ada@example.com"}\n')
})

it.each([[[]], [['ldap', 'x']], [['auth0']], [['auth0', REALM, '--role', 'admin']]])(
  'says how it is used when called as %j',
  (args) => {
    const { stdout, stderr, status } = migrate(...args)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain(
      'Usage: npm run -s migrate -- <auth0|clerk|supabase|keycloak|firebase|better-auth>',
    )
  },
)

it('says in one line what cannot be read', () => {
  expect(migrate('keycloak', 'nowhere.json').stderr).toMatch(/^ENOENT: .*nowhere\.json'\n$/)
  expect(migrate('keycloak', 'README.md').stderr).toBe('README.md is not JSON\n')
})

it('drops hashes of the empty password, whatever the format, and says so', () => {
  const file = join(directory, 'empty.csv')
  const hashes = Object.values(EMPTY_HASHES)
  const rows = hashes.map((hash, i) => `${i};user${i}@example.com;${hash};2024-05-01;`)
  const good = '$2b$04$abcdefghijklmnopqrstuukow.iL/GuIgNNTSpCKVqIJG617.YQsi'
  const header = 'id;email;encrypted_password;email_confirmed_at;banned_until'
  writeFileSync(file, [header, ...rows, `x;good@example.com;${good};f;`].join('\n'))
  const { stdout, stderr, status } = migrate('supabase', file)
  expect(status).toBe(0)
  expect(emailsIn(stdout)).toHaveLength(hashes.length + 1)
  expect(stdout.match(/"hashed_password"/g)).toHaveLength(1)
  expect(stdout).toContain(good)
  for (const i of hashes.keys()) {
    expect(stderr).toContain(
      `empty.csv:${i + 2}: hashed_password not carried over: empty_password_hash`,
    )
  }
  expect(stderr).toContain(`(${hashes.length} without a password)`)
  expect(stderr).toContain('1 with an address that is not verified')
})

it('converts UTF-16, and refuses another encoding by its name', () => {
  const csv = 'id\temail\tbanned_until\n1\tada@example.com\t\n'
  const [wide, narrow] = [join(directory, 'utf16.txt'), join(directory, 'latin1.csv')]
  writeFileSync(wide, `\ufeff${csv}`, 'utf16le')
  writeFileSync(narrow, 'id,email\n1,j\u00f6rg@example.com\n', 'latin1')
  expect(emailsIn(migrate('supabase', wide).stdout)).toEqual(['ada@example.com'])
  const { stdout, stderr, status } = migrate('supabase', narrow)
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toBe(
    'latin1.csv is not UTF-8 (line 2), perhaps Windows-1252 or Latin-1: save it as UTF-8\n',
  )
})

it('ends with 1 when nothing was converted, and writes nothing', () => {
  const file = join(directory, 'nobody.ndjson')
  const [out, ids] = [join(directory, 'nobody'), join(directory, 'nobody-ids.ndjson')]
  for (const text of ['', '{"user_id":"auth0|1"}\n', '[]', '{"oops\n']) {
    writeFileSync(file, text)
    const { stdout, stderr, status } = migrate('auth0', file, '--out', out, '--ids', ids)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/Nothing was converted or written\.|is not JSON/)
    expect(existsSync(out)).toBe(false)
    expect(existsSync(ids)).toBe(false)
  }
})
