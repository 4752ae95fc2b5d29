/** Clerk's exports, from the fixture to a sign-in. fixtures/clerk/SOURCE.md says where the form is from. */
import { beforeAll, describe, expect, test } from 'vitest'
import { fromClerk } from '../../scripts/migrate/clerk.ts'
import { type SignedInUser, staff } from '../support/users'
import csv from './fixtures/clerk/users.csv?raw'
import json from './fixtures/clerk/users.json?raw'
import { convert, importAll, NEW_PASSWORD, reset, signIn, told, userOf } from './moving'

describe('an export of Clerk', () => {
  let root: SignedInUser
  const settled = convert(
    fromClerk,
    { 'users.csv': csv, 'users.json': json },
    { staff: 'moderator' },
  )
  beforeAll(async () => {
    root = await staff('admin')
    const { body } = await importAll(root, settled)
    expect(body).toEqual({ imported: 7, skipped: 0, skipped_lines: [], errors: [] })
  })

  test('loses nothing in silence', () => {
    expect(told(settled)).toEqual([
      'users.csv:2: public_metadata not carried over: plan',
      'users.csv:2: 1 more email addresses not carried over',
      'users.csv:8: the second factor is not carried over',
      'users.csv:9: LEFT OUT: there is no email address',
    ])
  })

  test('brings people in with names, roles and what they may edit themselves', async () => {
    expect(await userOf(root, 'ada@example.com')).toMatchObject({
      full_name: 'Ada Lovelace',
      status: 'active',
      roles: ['moderator', 'user'],
      preferences: { theme: 'dark' },
      created_at: '2024-03-01T12:00:00.000Z',
    })
    expect(await userOf(root, 'barbara@example.com')).toMatchObject({
      full_name: 'Barbara Liskov, "the"',
    })
  })

  test('lets them in with the passwords that they have, whatever Clerk had hashed them with', async () => {
    expect(await signIn('ada@example.com', 'Analytical-Engine-1843')).toBe('200')
    expect(await signIn('barbara@example.com', 'Substitution-1987-pässwort')).toBe('200')
    expect(await signIn('barbara@example.com', 'Substitution-1987-passwort')).toBe(
      '401 invalid_credentials',
    )
    expect(await signIn('katherine@example.com', 'Friendship-7-orbit')).toBe('200')
    expect(await signIn('radia@example.com', 'Spanning-Tree-1985')).toBe('200')
  })

  test('keeps out who was banned, and who never verified their address until they do', async () => {
    expect(await signIn('grace@example.com', 'Nanosecond-Wire-1952')).toBe('401 account_not_active')
    expect(await userOf(root, 'grace@example.com')).toMatchObject({ status: 'deactivated' })
    expect(await signIn('alan@example.com', 'Bombe-at-Bletchley-1940')).toBe(
      '401 account_not_active',
    )
    expect(await userOf(root, 'alan@example.com')).toMatchObject({ status: 'pending' })
  })

  test('lets in by a reset a user who has no password', async () => {
    await reset('edsger@example.com')
    expect(await signIn('edsger@example.com', NEW_PASSWORD)).toBe('200')
  })
})

test('the CSV alone says that it does not say who is banned, and is all that passwords need', () => {
  const settled = convert(fromClerk, { 'users.csv': csv })
  expect(told(settled)[0]).toBe('the CSV alone does not contain who is banned')
  expect(settled.people.map(({ line }) => [line.email, line.email_verified])).toEqual([
    ['ada@example.com', true],
    ['grace@example.com', true],
    ['alan@example.com', false],
    ['edsger@example.com', true],
    ['barbara@example.com', true],
    ['katherine@example.com', true],
    ['radia@example.com', true],
  ])
})

test('who is in the CSV and not in the JSON is left out, for they may be banned or gone', () => {
  const [ada] = JSON.parse(json)
  const settled = convert(fromClerk, { 'users.csv': csv, 'users.json': JSON.stringify([ada]) })
  expect(settled.people).toHaveLength(1)
  expect(settled.leftOut).toHaveLength(7)
})

test('an address that one of the two calls unverified is not verified', () => {
  const header = 'id,primary_email_address,verified_email_addresses,unverified_email_addresses'
  const { people } = convert(fromClerk, {
    'users.csv': `${header}\nu1,ada@example.com,,ada@example.com\nu2,al@example.com,,\n`,
    'users.json': '[{"id":"u1","primary_email_address":"ada@example.com"},{"id":"u2"}]',
  })
  expect(people.map(({ line }) => line.email_verified)).toEqual([false, false])
})

test('the hasher decides: a salt that looks like base64 is text for Django and bytes for Clerk', () => {
  const header = 'id,primary_email_address,password_digest,password_hasher'
  const row = (id: string, hasher: string, digest: string) =>
    `${id},${id}@example.com,${digest},${hasher}`
  const digest = 'pbkdf2_sha256$1000$c2FsdHNhbHQ=$J3jQdsDQ/8kkwYDv6AhI6BIBi9ioeSGqdYVEexb9Nrs='
  const rows = [
    row('a', 'pbkdf2_sha256_django', digest),
    row('b', 'pbkdf2_sha256', digest),
    row('c', 'pbkdf2_sha1', `pbkdf2_sha1$1000$salt$${'0a'.repeat(20)}`),
    row('d', 'md5', '5f4dcc3b5aa765d61d8327deb882cf99'),
    row('e', 'scrypt_werkzeug', `scrypt:32768:8:1$salt$${'0a'.repeat(64)}`),
  ]
  const { people } = convert(fromClerk, { 'users.csv': [header, ...rows].join('\r\n') })
  expect(people.map(({ line }) => line.hashed_password)).toEqual([
    digest,
    '$pbkdf2-sha256$i=1000$c2FsdHNhbHQ=$J3jQdsDQ/8kkwYDv6AhI6BIBi9ioeSGqdYVEexb9Nrs=',
    'pbkdf2_sha1$1000$salt$CgoKCgoKCgoKCgoKCgoKCgoKCgo=',
    undefined,
    `scrypt:32768:8:1$salt$${'0a'.repeat(64)}`,
  ])
})
