/** Several records of one user, or of one address: one is taken, and a block in any of them holds. */
import { describe, expect, test } from 'vitest'
import { fromAuth0 } from '../../scripts/migrate/auth0.ts'
import { fromBetterAuth } from '../../scripts/migrate/better-auth.ts'
import { fromClerk } from '../../scripts/migrate/clerk.ts'
import { fromFirebase } from '../../scripts/migrate/firebase.ts'
import { fromKeycloak } from '../../scripts/migrate/keycloak.ts'
import type { Converter } from '../../scripts/migrate/person.ts'
import { fromSupabase } from '../../scripts/migrate/supabase.ts'
import accounts from './fixtures/better-auth/account.json?raw'
import config from './fixtures/firebase/hash-config.txt?raw'
import { convert, told } from './moving'

const HASH = '$2b$10$Z3W4V3KwehW5MI3zrzpnve29xoIKtk/XbtbTjCtxvUvayjOzV8Znq'
const PBKDF2 = { algorithm: 'pbkdf2-sha256', hashIterations: 1000, additionalParameters: {} }

/** Each system's way to write a user with a password, who is blocked or not. */
const SYSTEMS: [string, Converter, (email: string | null, isBlocked: boolean) => object][] = [
  [
    'better-auth',
    fromBetterAuth,
    (email, banned) => ({ id: 'u1', name: 'Ada', email, emailVerified: true, banned }),
  ],
  [
    'Supabase',
    fromSupabase,
    (email, isBlocked) => ({
      id: 'u1',
      email,
      encrypted_password: HASH,
      email_confirmed_at: '2024-05-01',
      banned_until: isBlocked ? 'infinity' : null,
    }),
  ],
  [
    'Firebase',
    fromFirebase,
    (email, disabled) => ({
      localId: 'u1',
      email,
      emailVerified: true,
      disabled,
      passwordHash: `${'A'.repeat(86)}==`,
      salt: 'c2FsdA==',
    }),
  ],
  [
    'Keycloak',
    fromKeycloak,
    (email, isBlocked) => ({
      id: 'u1',
      email,
      emailVerified: true,
      enabled: !isBlocked,
      credentials: [
        {
          type: 'password',
          credentialData: JSON.stringify(PBKDF2),
          secretData: JSON.stringify({ value: 'c2FsdHNhbHRzYWx0c2FsdA==', salt: 'c2FsdA==' }),
        },
      ],
    }),
  ],
  [
    'Auth0',
    fromAuth0,
    (email, blocked) => ({ user_id: 'auth0|1', email, email_verified: true, blocked }),
  ],
  [
    'Clerk',
    fromClerk,
    (email, banned) => ({ id: 'u1', primary_email_address: email, banned, password_digest: HASH }),
  ],
]

describe.each(SYSTEMS)('%s: a user who stands in two exports', (_, converter, user) => {
  const files = (...users: object[]): Record<string, string> => ({
    ...Object.fromEntries(
      users.map((each, i) => [
        `${i}.json`,
        JSON.stringify(converter === fromKeycloak ? { realm: 'r', users: [each] } : [each]),
      ]),
    ),
    ...(converter === fromFirebase && { 'config.txt': config }),
    ...(converter === fromAuth0 && {
      'hashes.json': JSON.stringify([{ _id: { $oid: '1' }, passwordHash: HASH }]),
    }),
    ...(converter === fromBetterAuth && {
      'account.json': JSON.stringify([{ ...JSON.parse(accounts)[0], userId: 'u1' }]),
    }),
  })
  const shortly = (...users: object[]) => {
    const { people, leftOut } = convert(converter, files(...users))
    return {
      people: people.map(({ line }) => [
        line.email,
        line.is_active,
        line.hashed_password !== undefined,
      ]),
      reasons: leftOut.map(({ reason }) => reason.replace(/ \d.json.*/, '')),
    }
  }

  test('is one user, with the password when the address is the same', () => {
    const [old, later] = [user('ada@example.com', false), user(' Ada@Example.COM', false)]
    expect(shortly(old, later)).toEqual({
      people: [['ada@example.com', true, true]],
      reasons: ['the same user as at'],
    })
  })

  test('is blocked when one of them says so, and has no password when the address is another', () => {
    const [old, later] = [user('old@example.com', false), user('new@example.com', true)]
    for (const users of [
      [old, later],
      [user('old@example.com', true), user('new@example.com', false)],
    ]) {
      const { people, reasons } = shortly(...users)
      expect(people).toEqual([['old@example.com', false, false]])
      expect(reasons).toContain('the same user as at')
    }
    expect(told(convert(converter, files(old, later))).join('\n')).toMatch(
      /0\.json.*: deactivated: the same user is blocked at 1\.json/,
    )
  })

  test('is blocked when only the record without an address says so', () => {
    for (const without of ['', null]) {
      const [kept, blocked] = [user('ada@example.com', false), user(without, true)]
      for (const users of [
        [kept, blocked],
        [blocked, kept],
      ]) {
        const settled = convert(converter, files(...users))
        expect(settled.people.map(({ line }) => [line.email, line.is_active])).toEqual([
          ['ada@example.com', false],
        ])
        expect(told(settled).join('\n')).toMatch(
          new RegExp(`deactivated: the same user is blocked at ${users.indexOf(blocked)}\\.json`),
        )
      }
    }
  })

  test('comes in as before when the record without an address is not blocked', () => {
    const { people } = convert(converter, files(user('ada@example.com', false), user('', false)))
    expect(people.map(({ line }) => line.is_active)).toEqual([true])
  })
})

test('an address is blocked when any of its accounts is, whichever of them is taken', () => {
  const google = { user_id: 'google-oauth2|9', email: 'ada@example.com', email_verified: true }
  const own = { user_id: 'auth0|1', email: 'ADA@example.com', blocked: true }
  for (const users of [
    [google, own],
    [own, google],
  ]) {
    const settled = convert(fromAuth0, { 'u.json': JSON.stringify(users) })
    expect(settled.people.map(({ id, line }) => [id, line.is_active])).toEqual([
      ['google-oauth2|9', false],
    ])
    const [a, b] = [users.indexOf(google), users.indexOf(own)]
    expect(told(settled)).toEqual([
      `u.json[${a}]: deactivated: another account with this address is blocked at u.json[${b}]`,
      `u.json[${b}]: LEFT OUT: the same email address as at u.json[${a}]`,
    ])
  }
})

test('Supabase: an account of single sign-on does not displace one with a password', () => {
  const row = {
    id: '1',
    email: 'ada@example.com',
    email_confirmed_at: '2024-05-01',
    encrypted_password: '',
    banned_until: null,
    is_sso_user: true,
  }
  const own = { ...row, id: '2', encrypted_password: HASH, is_sso_user: false }
  const settled = convert(fromSupabase, { 'u.json': JSON.stringify([row, own]) })
  expect(settled.people.map(({ id, line }) => [id, line.hashed_password])).toEqual([['2', HASH]])
  expect(told(settled)).toEqual(['u.json[0]: LEFT OUT: the same email address as at u.json[1]'])
  // A proof comes first: anybody could have typed the address.
  const unproved = { ...own, email_confirmed_at: null }
  const { people } = convert(fromSupabase, { 'u.json': JSON.stringify([row, unproved]) })
  expect(people.map(({ id }) => id)).toEqual(['1'])
})

test('Supabase: a user who is deleted in one export does not come in by another', () => {
  const row = { id: '1', email: 'ada@example.com', email_confirmed_at: null, banned_until: null }
  const deleted = { ...row, deleted_at: '2024-05-01' }
  const settled = convert(fromSupabase, { 'u.json': JSON.stringify([row, deleted]) })
  expect(told(settled)).toEqual([
    'u.json[1]: LEFT OUT: the user is deleted',
    'u.json[0]: LEFT OUT: the same user as at u.json[1], who is left out there',
  ])
})

test('Supabase: an anonymous record still says that its user is deleted, or banned', () => {
  const row = { id: '1', email: 'ada@example.com', email_confirmed_at: null, banned_until: null }
  const anonymous = { ...row, email: null, is_anonymous: true }
  const deleted = { ...anonymous, deleted_at: '2024-05-01' }
  expect(told(convert(fromSupabase, { 'u.json': JSON.stringify([row, deleted]) }))).toEqual([
    'u.json[1]: LEFT OUT: the user is deleted',
    'u.json[0]: LEFT OUT: the same user as at u.json[1], who is left out there',
  ])
  const banned = { ...anonymous, banned_until: 'infinity' }
  expect(told(convert(fromSupabase, { 'u.json': JSON.stringify([row, banned]) }))).toEqual([
    'u.json[0]: deactivated: the same user is blocked at u.json[1]',
    'u.json[1]: LEFT OUT: the account is anonymous',
  ])
  // A user who was anonymous in the earlier export comes in.
  const { people } = convert(fromSupabase, { 'u.json': JSON.stringify([anonymous, row]) })
  expect(people.map(({ line }) => line.is_active)).toEqual([true])
})

test('Keycloak and better-auth: a record that is left out for another reason still blocks', () => {
  const users = [
    { id: '1', email: 'ada@example.com' },
    { id: '1', serviceAccountClientId: 'shop', enabled: false },
  ]
  const realm = { 'r.json': JSON.stringify({ realm: 'r', users }) }
  expect(convert(fromKeycloak, realm).people.map(({ line }) => line.is_active)).toEqual([false])
  const rows = [
    { id: '1', email: 'ada@example.com' },
    { id: '1', email: 'temp@example.com', isAnonymous: true, banned: true },
  ]
  const tables = { 'u.json': JSON.stringify(rows) }
  expect(convert(fromBetterAuth, tables).people.map(({ line }) => line.is_active)).toEqual([false])
})

test('a record whose address cannot be used still blocks its user', () => {
  const users = [
    { user_id: 'auth0|1', email: 'ada@example.com', email_verified: true },
    { user_id: 'auth0|1', email: 'no address', blocked: true },
  ]
  const settled = convert(fromAuth0, { 'u.json': JSON.stringify(users) })
  expect(settled.people.map(({ line }) => line.is_active)).toEqual([false])
  expect(told(settled)).toEqual([
    'u.json[0]: deactivated: the same user is blocked at u.json[1]',
    'u.json[1]: LEFT OUT: the email address cannot be used: invalid_email',
  ])
})
