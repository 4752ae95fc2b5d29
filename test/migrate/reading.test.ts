/** Reading exports: what is proof, encodings, separators and forms that are named. */
import { describe, expect, test } from 'vitest'
import { fromAuth0 } from '../../scripts/migrate/auth0.ts'
import { fromClerk } from '../../scripts/migrate/clerk.ts'
import { parseCsv, separatorOf } from '../../scripts/migrate/csv.ts'
import { decodeText } from '../../scripts/migrate/encoding.ts'
import { fromKeycloak } from '../../scripts/migrate/keycloak.ts'
import { fromSupabase } from '../../scripts/migrate/supabase.ts'
import { convert, told } from './moving'

describe('what parses is proof, and nothing else', () => {
  test('Supabase: a confirmation that is not a date', () => {
    const rows = 'id,email,email_confirmed_at,banned_until,created_at'
    const cells = ['f,,', 'true,,', '2999-01-01,,', '2024-05-01 09:30:00+00,soon,31.12.2020']
    const users = cells.map((each, i) => `${i},user${i}@example.com,${each}`)
    const settled = convert(fromSupabase, { 'u.csv': [rows, ...users].join('\n') })
    expect(settled.people.map(({ line }) => [line.email_verified, line.is_active])).toEqual([
      [false, true],
      [false, true],
      [false, true],
      [true, false],
    ])
    expect(told(settled)).toEqual([
      'u.csv:2: email_confirmed_at is not a date in the past: proves nothing',
      'u.csv:3: email_confirmed_at is not a date in the past: proves nothing',
      'u.csv:4: email_confirmed_at is not a date in the past: proves nothing',
      'u.csv:5: banned_until is not a date: taken for a ban without an end',
      'u.csv:5: created_at not carried over: it is not a date',
    ])
  })

  test('Auth0: a proof is of the address beside it', () => {
    const user = { user_id: 'auth0|1', email: 'new@example.com', blocked: 'perhaps' }
    const hash = { _id: { $oid: '1' }, email: 'old@example.com', email_verified: true }
    const settled = convert(fromAuth0, {
      'u.ndjson': JSON.stringify(user),
      'h.ndjson': JSON.stringify(hash),
    })
    expect(
      settled.people.map(({ line }) => [line.email, line.email_verified, line.is_active]),
    ).toEqual([['new@example.com', false, false]])
    expect(told(settled)).toEqual(['u.ndjson:1: blocked is neither true nor false: taken for true'])
  })

  test('Clerk and Keycloak: a ban and a switch that cannot be read', () => {
    const clerk = [{ id: 'u1', primary_email_address: 'ada@example.com', banned: 'f' }]
    expect(convert(fromClerk, { 'u.json': JSON.stringify(clerk) }).people[0]?.line.is_active).toBe(
      true,
    )
    const user = { id: '1', email: 'ada@example.com', enabled: '?', emailVerified: '?' }
    const settled = convert(fromKeycloak, {
      'r.json': JSON.stringify({ realm: 'r', users: [{ ...user, createdTimestamp: 'then' }] }),
    })
    expect(settled.people[0]?.line).toMatchObject({ email_verified: false, is_active: false })
    expect(told(settled)).toEqual([
      'r.json:users[0]: emailVerified is neither true nor false: taken for false',
      'r.json:users[0]: enabled is neither true nor false: taken for false',
      'r.json:users[0]: createdTimestamp not carried over: it is not a date',
    ])
  })
})

describe('encodings', () => {
  const TEXT = 'id,name\n1,Jörg 🦊\n'
  const utf16 = (text: string, isBig = false) =>
    Uint8Array.from({ length: text.length * 2 }, (_, i) => {
      const unit = text.charCodeAt(i >> 1)
      return (i % 2 === 0) === isBig ? unit >> 8 : unit & 0xff
    })
  const utf8 = (text: string) => new TextEncoder().encode(text)

  test.each([
    ['UTF-8', utf8(TEXT)],
    ['UTF-8 with a mark', utf8(`\ufeff${TEXT}`)],
    ['UTF-16, little-endian', utf16(`\ufeff${TEXT}`)],
    ['UTF-16, big-endian', utf16(`\ufeff${TEXT}`, true)],
    ['UTF-16 without a mark', utf16(TEXT)],
    ['UTF-16, big-endian, without a mark', utf16(TEXT, true)],
  ])('%s is recognised', (_, bytes) => {
    expect(decodeText('u.csv', bytes)).toBe(TEXT)
  })

  test.each([
    [
      'u.csv is not UTF-8 (line 3), perhaps Windows-1252',
      Uint8Array.from('a\nb\nJ\xf6rg\n', (c) => c.charCodeAt(0)),
    ],
    ['u.csv is not valid UTF-16LE', Uint8Array.of(0xff, 0xfe, 0x41, 0x00, 0x00, 0xd8)],
    ['u.csv is UTF-32', Uint8Array.of(0xff, 0xfe, 0, 0, 0x41, 0, 0, 0)],
    ['u.csv is compressed by gzip', Uint8Array.of(0x1f, 0x8b, 8, 0)],
    ['u.csv is a ZIP archive or a spreadsheet', utf8('PK\x03\x04')],
    ["u.csv is pg_dump's custom format", utf8('PGDMP')],
    ['u.csv has NUL characters', utf8('a\n\0\n')],
    ['u.csv is encrypted by PGP', utf8('-----BEGIN PGP MESSAGE-----\n')],
  ])('%s', (message, bytes) => {
    expect(() => decodeText('u.csv', bytes)).toThrow(message)
  })

  test('a dump in another encoding is refused, and a text that was garbled before is told', () => {
    const dump = "SET client_encoding = 'LATIN1';\nCOPY auth.users (id) FROM stdin;\n\\.\n"
    expect(() => convert(fromSupabase, { 'd.sql': dump })).toThrow('d.sql is a dump in LATIN1')
    const row = {
      id: 1,
      email: 'ada@example.com',
      raw_user_meta_data: { name: 'J\ufffdrg' },
      banned_until: null,
    }
    expect(told(convert(fromSupabase, { 'u.json': JSON.stringify([row]) }))).toEqual([
      'u.json[0]: full_name looks garbled in the export: see whether it can be mended there',
    ])
    const users = ['JÃ¶rg', 'Jörg São Ângela'].map((name, i) => ({
      user_id: `auth0|${i}`,
      email: `user${i}@example.com`,
      name,
    }))
    expect(told(convert(fromAuth0, { 'u.json': JSON.stringify(users) }))).toEqual([
      'u.json[0]: full_name looks garbled in the export: see whether it can be mended there',
    ])
  })
})

describe('forms of CSV', () => {
  test.each([',', ';', '\t', '|'] as const)('cells may be apart by %j', (separator) => {
    const text = [`a${separator}"x;y,z|w\tv"`, `1${separator}"2 ""3"""`].join('\r\n')
    expect(separatorOf(text)).toBe(separator)
    expect(parseCsv(text, separator).map(({ cells }) => cells)).toEqual([
      ['a', 'x;y,z|w\tv'],
      ['1', '2 "3"'],
    ])
  })

  test('Supabase’s rows are the same in all of them', () => {
    const rows = [
      ['id', 'email', 'email_confirmed_at', 'banned_until'],
      ['1', 'ada@example.com', '2024-05-01', ''],
    ]
    const expected = convert(fromSupabase, { 'u.csv': rows.map((row) => row.join(',')).join('\n') })
    expect(expected.people[0]?.line.email_verified).toBe(true)
    const as = (separator: string, before = '') =>
      before + rows.map((row) => row.join(separator)).join('\r\n')
    for (const text of [as(';'), as('\t'), as('|'), as(';', '\ufeffsep=;\r\n'), as(';', '\n\n')]) {
      expect(convert(fromSupabase, { 'u.csv': text }).people).toMatchObject(
        expected.people.map(({ line }) => ({ line })),
      )
    }
  })

  test.each([
    ['id,email,email\n1,a,b\n', 'u.csv has the column email twice'],
    ['id,mail\n1,ada@example.com\n', 'u.csv has no column email in its first line'],
    ['', 'u.csv is empty'],
    ['hello\n', 'u.csv has no column id, email in its first line'],
  ])('%j is named', (text, message) => {
    expect(() => convert(fromSupabase, { 'u.csv': text })).toThrow(message)
  })

  test('a column without a name is told when it holds something', () => {
    const csv = 'id,email,banned_until,\n1,ada@example.com,,\n2,alan@example.com,,x\n'
    expect(told(convert(fromSupabase, { 'u.csv': csv }))).toEqual([
      'u.csv:3: columns not carried over: (column 4)',
    ])
  })
})

describe('forms of JSON', () => {
  const user = { user_id: 'auth0|1', email: 'ada@example.com', name: 'Ada Lovelace' }
  const places = (text: string) => convert(fromAuth0, { 'u.json': text }).people.map(({ at }) => at)

  test('a list, a list under a name and an object a line are recognised', () => {
    expect(places(JSON.stringify([user]))).toEqual(['u.json[0]'])
    expect(places(`\ufeff${JSON.stringify([user], null, 2)}`)).toEqual(['u.json[0]'])
    expect(places(JSON.stringify({ users: [user] }, null, 2))).toEqual(['u.json:users[0]'])
    expect(places(`\n${JSON.stringify(user)}\n`)).toEqual(['u.json:2'])
  })

  test.each([
    ['user_id,email\n1,a\n', 'u.json is CSV, not JSON'],
    ['hello', 'u.json is not JSON'],
    ['[\n  {"user_id": "1"},\n  {"us', 'u.json is not JSON: it is damaged or cut off'],
  ])('%j is named', (text, message) => {
    expect(() => convert(fromAuth0, { 'u.json': text })).toThrow(message)
  })
})

test('a dump that ends within the table is told', () => {
  const dump = 'COPY auth.users (id, email, banned_until) FROM stdin;\n1\tada@example.com\t\\N\n'
  expect(told(convert(fromSupabase, { 'd.sql': dump }))).toEqual([
    'd.sql: LEFT OUT: the dump ends within the table: rows are missing',
  ])
})
