/** Firebase's exports, from the fixture to a sign-in. fixtures/firebase/SOURCE.md says where the form is from. */
import { beforeAll, describe, expect, test } from 'vitest'
import { fromFirebase } from '../../scripts/migrate/firebase.ts'
import { type SignedInUser, staff } from '../support/users'
import config from './fixtures/firebase/hash-config.txt?raw'
import csv from './fixtures/firebase/users.csv?raw'
import json from './fixtures/firebase/users.json?raw'
import { convert, importAll, NEW_PASSWORD, reset, signIn, told, userOf } from './moving'

const FILES = { 'users.json': json, 'hash-config.txt': config }
const ROLES = { staff: 'moderator' }

describe('an export of Firebase', () => {
  let root: SignedInUser
  const settled = convert(fromFirebase, FILES, ROLES)
  beforeAll(async () => {
    root = await staff('admin')
    const { body } = await importAll(root, settled)
    expect(body.imported).toBe(5)
    // The command drops such a hash before it prints the line (test/node/migrate.test.ts).
    expect(body.errors).toMatchObject([{ line: 5, code: 'empty_password_hash' }])
  })

  test('loses nothing in silence', () => {
    expect(told(settled)).toEqual([
      'users.json:users[0]: customAttributes not carried over: plan',
      'users.json:users[6]: LEFT OUT: there is no email address',
    ])
  })

  test('is the same people in JSON and in CSV', () => {
    const lines = (from: typeof settled) => from.people.map(({ id, line }) => ({ id, ...line }))
    const files = { 'users.csv': csv, 'hash-config.txt': config }
    expect(lines(convert(fromFirebase, files, ROLES))).toEqual(lines(settled))
    expect(
      lines(
        convert(
          fromFirebase,
          { 'list.json': JSON.stringify(JSON.parse(json).users), 'c.txt': config },
          ROLES,
        ),
      ),
    ).toEqual(lines(settled))
  })

  test('brings people in with name, picture, date and roles', async () => {
    expect(await userOf(root, 'ada@example.com')).toMatchObject({
      full_name: 'Ada Lovelace',
      avatar_url: 'https://example.com/ada.png',
      status: 'active',
      roles: ['moderator', 'user'],
      created_at: '2024-05-02T10:00:01.000Z',
    })
    expect(await userOf(root, 'radia@example.com')).toMatchObject({ full_name: 'Radia, Perlman' })
  })

  test('lets users in with the passwords that they have', async () => {
    expect(await signIn('ada@example.com', 'Analytical-Engine-1843')).toBe('200')
    expect(await signIn('ada@example.com', 'Analytical-Engine-1844')).toBe(
      '401 invalid_credentials',
    )
    expect(await signIn('radia@example.com', 'Spanning-Tree-1985')).toBe('200')
  })

  test('keeps out disabled users, and those whose address is not verified', async () => {
    expect(await signIn('grace@example.com', 'Nanosecond-Wire-1952')).toBe('401 account_not_active')
    expect(await userOf(root, 'grace@example.com')).toMatchObject({ status: 'deactivated' })
    expect(await userOf(root, 'alan@example.com')).toMatchObject({ status: 'pending' })
  })

  test('lets in by a reset a user who signed in elsewhere', async () => {
    await reset('edsger@example.com')
    expect(await signIn('edsger@example.com', NEW_PASSWORD)).toBe('200')
  })
})

describe('the hash parameters', () => {
  const hashes = (files: Record<string, string>) =>
    convert(fromFirebase, files).people.map(({ line }) => line.hashed_password)

  test('are needed for passwords, and their absence is told', () => {
    const settled = convert(fromFirebase, { 'users.json': json })
    expect(told(settled)[0]).toMatch(/^without a file with the hash parameters/)
    expect(settled.people.every(({ line }) => line.hashed_password === undefined)).toBe(true)
  })

  test('may be JSON, and may have no salt separator', () => {
    const asJson = JSON.stringify({
      algorithm: 'SCRYPT',
      base64_signer_key: /base64_signer_key: (\S+),/.exec(config)?.[1],
      base64_salt_separator: 'Bw==',
      rounds: 8,
      mem_cost: 12,
    })
    expect(hashes({ 'u.json': json, 'c.json': asJson })).toEqual(hashes(FILES))
    const bare = config.replace(/.*salt_separator.*\n/, '')
    expect(hashes({ 'u.json': json, 'c.txt': bare })[0]).toMatch(
      /^\$fbscrypt\$v=1,n=12,r=8,p=1,sk=/,
    )
  })

  test.each([
    [config.replace('SCRYPT', 'BCRYPT'), 'c.txt is of BCRYPT'],
    [config.replace('rounds: 8', 'rounds: <8>'), 'c.txt lacks rounds'],
    [config.replace(/mem_cost.*\n/, ''), 'c.txt lacks mem_cost'],
  ])('are refused when they cannot be read', (text, message) => {
    expect(() => convert(fromFirebase, { 'u.json': json, 'c.txt': text })).toThrow(message)
    expect(() => convert(fromFirebase, { 'c.txt': config, 'd.txt': config })).toThrow('second file')
  })
})

test('a CSV of older versions ends with the phone number, and a row of another length is left out', () => {
  const row = (cells: number) =>
    ['u1', 'ada@example.com', 'true', ...Array.from({ length: cells - 3 }, () => '')].join(',')
  const { people, leftOut } = convert(fromFirebase, { 'u.csv': `${row(26)}\n${row(7)}\n` })
  expect(people).toHaveLength(1)
  expect(leftOut).toEqual([{ at: 'u.csv:2', reason: 'the row has 7 cells, the header 29' }])
})
