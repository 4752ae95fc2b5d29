/** `npm run migrate` as an operator types it: a process, its two outputs and its files. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

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

it.each([[[]], [['ldap', 'x']], [['auth0']], [['auth0', REALM, '--role', 'admin']]])(
  'says how it is used when called as %j',
  (args) => {
    const { stdout, stderr, status } = migrate(...args)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain('Usage: npm run -s migrate -- <auth0|clerk|supabase|keycloak>')
  },
)

it('says in one line what cannot be read', () => {
  expect(migrate('keycloak', 'nowhere.json').stderr).toMatch(/^ENOENT: .*nowhere\.json'\n$/)
  expect(migrate('keycloak', 'README.md').stderr).toBe('README.md is not JSON\n')
})
