/** The last step: what the import would refuse or skip is told beforehand, with its place. */
import { expect, test } from 'vitest'
import { fromAuth0 } from '../../scripts/migrate/auth0.ts'
import { inChunks } from '../../scripts/migrate/chunks.ts'
import { parseCsv } from '../../scripts/migrate/csv.ts'
import { readLines } from '../../src/user-admin/import-lines'
import { convert, told } from './moving'

const export_ = (...users: object[]) => ({
  'u.ndjson': users
    .map((user, i) => JSON.stringify({ user_id: `auth0|${i}`, name: 'Ada Lovelace', ...user }))
    .join('\n'),
})
const ada = { email: 'ada@example.com' }

test('an address that two have goes to the one who has proved it, or else to the first', () => {
  const settled = convert(
    fromAuth0,
    export_(
      ada,
      { email: ' ADA@Example.com', email_verified: true },
      { email: 'ada@example.com', email_verified: true },
      { email: 'grace@example.com' },
      { email: 'Grace@example.com' },
      { email: 'no' },
    ),
  )
  expect(settled.people.map(({ at }) => at)).toEqual(['u.ndjson:2', 'u.ndjson:4'])
  expect(told(settled)).toEqual([
    'u.ndjson:6: LEFT OUT: the email address cannot be used: invalid_email',
    'u.ndjson:1: LEFT OUT: the same email address as at u.ndjson:2',
    'u.ndjson:3: LEFT OUT: the same email address as at u.ndjson:2',
    'u.ndjson:5: LEFT OUT: the same email address as at u.ndjson:4',
  ])
})

test('an address that the import takes only with a setting is told', () => {
  const users = [{ email: 'ü@example.com' }, { email: 'ada@münchen.example' }]
  const settled = convert(fromAuth0, export_(...users))
  expect(settled.people).toHaveLength(2)
  expect(told(settled)).toEqual([
    'u.ndjson:1: the import accepts this email address only with the setting ALLOW_INTERNATIONAL_LOCAL_PARTS=true',
  ])
  const config = { ALLOW_INTERNATIONAL_LOCAL_PARTS: false }
  const line = JSON.stringify(settled.people[0]?.line)
  expect(readLines(line, new Set(), { config }).errors).toMatchObject([
    { code: 'unsupported_address' },
  ])
})

test('metadata that cannot be read is told', () => {
  const broken = { ...ada, user_metadata: '{"cut', app_metadata: { roles: ['staff', 7] } }
  expect(told(convert(fromAuth0, export_(broken), { staff: 'moderator' }))).toEqual([
    'u.ndjson:1: app_metadata not carried over: roles',
    'u.ndjson:1: user_metadata not carried over: it is no object',
  ])
})

test('a field that breaks a rule is left away, and the rest goes in', () => {
  const settled = convert(
    fromAuth0,
    export_({
      ...ada,
      name: 'A',
      picture: 'javascript:alert(1)',
      locale: 'english',
      created_at: '2999-01-01T00:00:00Z',
      user_metadata: { deep: { a: { b: { c: { d: { e: 1 } } } } } },
    }),
  )
  expect(settled.people.map(({ line }) => JSON.parse(JSON.stringify(line)))).toEqual([
    {
      email: 'ada@example.com',
      full_name: 'ada@example.com',
      email_verified: false,
      is_active: true,
    },
  ])
  expect(told(settled).toSorted()).toEqual([
    'u.ndjson:1: avatar_url not carried over: invalid_url',
    'u.ndjson:1: created_at not carried over: in_the_future',
    'u.ndjson:1: full_name not carried over: too_short',
    'u.ndjson:1: language not carried over: invalid_format',
    'u.ndjson:1: preferences not carried over: too_deep',
  ])
})

test('a password hash that cannot be verified here never goes in', () => {
  const hashes = ['$2b$31$', '$2b$10$short', '$argon2i$v=19$m=4096,t=3,p=1$c2FsdA$aGFzaA', 'plain']
  for (const [i, passwordHash] of hashes.entries()) {
    const hash = JSON.stringify({ _id: { $oid: `${i}` }, ...ada, passwordHash })
    const settled = convert(fromAuth0, { 'h.ndjson': hash })
    expect(settled.people.map(({ line }) => line.hashed_password)).toEqual([undefined])
    expect(told(settled)[1]).toMatch(/^h\.ndjson:1: hashed_password not carried over: hash_/)
  }
})

test('a role is granted by --role alone, however it is called there', () => {
  const admin = { ...ada, app_metadata: { roles: ['admin', 'admin', 'staff'] } }
  expect(convert(fromAuth0, export_(admin)).people[0]?.line.roles).toBeUndefined()
  const settled = convert(fromAuth0, export_(admin), { staff: 'moderator' })
  expect(settled.people[0]?.line.roles).toEqual(['moderator'])
  expect(told(settled)).toEqual(['u.ndjson:1: role admin not carried over: no --role'])
  const both = convert(fromAuth0, export_(admin), { staff: ['moderator', 'editor', 'moderator'] })
  expect(both.people[0]?.line.roles).toEqual(['moderator', 'editor'])
})

test('a chunk has at most 1,000 lines and 1 MiB', () => {
  expect(inChunks([])).toEqual([])
  const short = inChunks(Array.from({ length: 2001 }, () => '{}'))
  expect(short.map((chunk) => chunk.split('\n').length - 1)).toEqual([1000, 1000, 1])
  const long = inChunks(Array.from({ length: 40 }, () => 'ü'.repeat(30_000)))
  expect(long.map((chunk) => new TextEncoder().encode(chunk).length)).toEqual([
    17 * 60_001,
    17 * 60_001,
    6 * 60_001,
  ])
})

test('a chunk has as many password hashes as one request of the import checks', () => {
  const chunks = inChunks(
    Array.from({ length: 310 }, () => '{}'),
    () => 65,
  )
  expect(chunks.map((chunk) => chunk.split('\n').length - 1)).toEqual([153, 153, 4])
  expect(inChunks(['{}', '{}'], () => 20_000)).toHaveLength(2)
})

test('CSV has quotes, commas and line ends in its cells, and counts lines all the same', () => {
  const text = 'a,b\r\n"x ""y""","1,\n2"\r\n\r\n,\n"open,'
  expect(parseCsv(text)).toEqual([
    { line: 1, cells: ['a', 'b'], isBroken: false },
    { line: 2, cells: ['x "y"', '1,\n2'], isBroken: false },
    { line: 5, cells: ['', ''], isBroken: false },
    { line: 6, cells: ['open,'], isBroken: true },
  ])
  expect(() => parseCsv('a\n"x"y\n')).toThrow('line 2')
})
