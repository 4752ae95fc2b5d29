/** Auth0's exports, from the fixture to a sign-in. fixtures/auth0/SOURCE.md says where the form is from. */
import { beforeAll, describe, expect, test } from 'vitest'
import { fromAuth0 } from '../../scripts/migrate/auth0.ts'
import { type SignedInUser, staff } from '../support/users'
import hashes from './fixtures/auth0/password-hashes.ndjson?raw'
import users from './fixtures/auth0/users.ndjson?raw'
import { convert, importAll, NEW_PASSWORD, reset, signIn, told, userOf } from './moving'

const FILES = { 'users.ndjson': users, 'hashes.ndjson': hashes }

describe('an export of Auth0', () => {
  let root: SignedInUser
  const settled = convert(fromAuth0, FILES, { staff: 'moderator' })
  beforeAll(async () => {
    root = await staff('admin')
    const { body } = await importAll(root, settled)
    expect(body).toEqual({ imported: 6, skipped: 0, skipped_lines: [], errors: [] })
  })

  test('loses nothing in silence', () => {
    expect(told(settled)).toEqual([
      'users.ndjson:1: app_metadata not carried over: plan',
      'users.ndjson:1: role beta not carried over: no --role',
      'users.ndjson:3: avatar_url not carried over: invalid_url',
      'users.ndjson:5: the second factor is not carried over',
      'users.ndjson:8: LEFT OUT: the line is not a JSON object',
      'users.ndjson:7: LEFT OUT: there is no email address',
      'hashes.ndjson:6: LEFT OUT: the user is not in the export of users',
    ])
  })

  test('brings people in with profile, roles and preferences', async () => {
    expect(await userOf(root, 'ada@example.com')).toMatchObject({
      full_name: 'Ada Lovelace',
      status: 'active',
      roles: ['moderator', 'user'],
      preferences: { theme: 'dark', newsletter: true },
      created_at: '2024-01-11T08:12:41.512Z',
      two_factor_enabled: false,
    })
  })

  test('lets them in with the passwords that they have', async () => {
    expect(await signIn('ada@example.com', 'Analytical-Engine-1843')).toBe('200')
    expect(await signIn('ada@example.com', 'Analytical-Engine-1844')).toBe(
      '401 invalid_credentials',
    )
    expect(await signIn('radia@example.com', 'Spanning-Tree-1985')).toBe('200')
    expect(await signIn('margaret@example.com', 'Apollo-Guidance-1969')).toBe('200')
  })

  test('keeps out who was blocked, and who never verified their address until they do', async () => {
    expect(await signIn('grace@example.com', 'Nanosecond-Wire-1952')).toBe('401 account_not_active')
    expect(await userOf(root, 'grace@example.com')).toMatchObject({ status: 'deactivated' })
    expect(await signIn('alan@example.com', 'Bombe-at-Bletchley-1940')).toBe(
      '401 account_not_active',
    )
    expect(await userOf(root, 'alan@example.com')).toMatchObject({ status: 'pending' })
    await reset('alan@example.com')
    expect(await signIn('alan@example.com', NEW_PASSWORD)).toBe('200')
  })

  test('lets in by a reset who signed in elsewhere', async () => {
    await reset('edsger@example.com')
    expect(await signIn('edsger@example.com', NEW_PASSWORD)).toBe('200')
  })
})

test('the export of passwords alone says that nobody knows who is blocked', () => {
  const settled = convert(fromAuth0, { 'hashes.ndjson': hashes })
  expect(told(settled)).toEqual(['without the export of users, blocked users cannot be recognized'])
  expect(settled.people.map(({ id, line }) => [id, line.email, line.email_verified])).toEqual([
    ['auth0|65a4f1c2d3e4f5a6b7c8d901', 'ada@example.com', true],
    ['auth0|65a4f1c2d3e4f5a6b7c8d902', 'grace@example.com', true],
    ['auth0|65a4f1c2d3e4f5a6b7c8d903', 'alan@example.com', false],
    ['auth0|radia-1', 'radia@example.com', true],
    ['auth0|65a4f1c2d3e4f5a6b7c8d906', 'margaret@example.com', true],
    ['auth0|65a4f1c2d3e4f5a6b7c8d907', 'gone@example.com', true],
  ])
})

describe('two rows of passwords with one user id', () => {
  const row = (passwordHash: string | null) => ({
    _id: { $oid: '1' },
    email: 'ada@example.com',
    passwordHash,
  })
  const [HASH, OTHER] = ['Z3W4V3KwehW5MI3zrzpnve', 'Y3W4V3KwehW5MI3zrzpnve'].map(
    (salt) => `$2b$10$${salt}29xoIKtk/XbtbTjCtxvUvayjOzV8Znq`,
  ) as [string, string]
  const profile = JSON.stringify([{ user_id: 'auth0|1', email: 'ada@example.com' }])
  const converted = (...rows: object[]) =>
    [{}, { 'u.json': profile }].map((users) => {
      const settled = convert(fromAuth0, { 'h.json': JSON.stringify(rows), ...users })
      return {
        passwords: settled.people.map(({ line }) => line.hashed_password),
        told: told(settled).filter((line) => !line.startsWith('without the export')),
      }
    })

  test('give no password when the hashes differ', () => {
    const [alone, joined] = converted(row(HASH), row(OTHER), row(HASH))
    const dropped = 'hashed_password not carried over: the id occurs with several passwords'
    expect(alone).toEqual({
      passwords: [undefined],
      told: [
        `h.json[0]: ${dropped}`,
        'h.json[1]: LEFT OUT: the same user as at h.json[0]',
        'h.json[2]: LEFT OUT: the same user as at h.json[0]',
      ],
    })
    expect(joined?.passwords).toEqual([undefined])
    expect(joined?.told).toContain(`u.json[0]: ${dropped}`)
  })

  test('give it when they are the same, or one of them has none', () => {
    for (const second of [HASH, ` ${HASH}`, null]) {
      for (const { passwords, told: lines } of converted(row(HASH), row(second))) {
        expect(passwords).toEqual([HASH])
        expect(lines).toEqual(['h.json[1]: LEFT OUT: the same user as at h.json[0]'])
      }
    }
  })
})
