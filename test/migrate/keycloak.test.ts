/** A realm of Keycloak's, from the fixture to a sign-in. fixtures/keycloak/SOURCE.md says where the form is from. */
import { beforeAll, describe, expect, test } from 'vitest'
import { fromKeycloak } from '../../scripts/migrate/keycloak.ts'
import { type SignedInUser, staff } from '../support/users'
import realm from './fixtures/keycloak/engines-realm.json?raw'
import { convert, importAll, NEW_PASSWORD, reset, signIn, told, userOf } from './moving'

describe('a realm of Keycloak', () => {
  let root: SignedInUser
  const settled = convert(fromKeycloak, { 'realm.json': realm }, { staff: 'moderator' })
  beforeAll(async () => {
    root = await staff('admin')
    const { body } = await importAll(root, settled)
    expect(body).toEqual({ imported: 7, skipped: 0, skipped_lines: [], errors: [] })
  })

  test('loses nothing in silence', () => {
    expect(told(settled)).toEqual([
      'realm.json:users[0]: credentials not carried over: otp',
      'realm.json:users[0]: fields not carried over: groups',
      'realm.json:users[0]: attributes not carried over: department',
      'realm.json:users[0]: role shop:editor not carried over: no --role',
      'realm.json:users[3]: fields not carried over: federatedIdentities',
      'realm.json:users[4]: hashed_password not carried over: hash_unsupported',
      'realm.json:users[6]: the password is not carried over: it had to be changed',
      'realm.json:users[7]: LEFT OUT: it is a service account',
    ])
  })

  test('brings people in with name, roles and language', async () => {
    expect(await userOf(root, 'ada@example.com')).toMatchObject({
      full_name: 'Ada Lovelace',
      language: 'de',
      status: 'active',
      roles: ['moderator', 'user'],
      created_at: '2024-05-02T10:00:00.000Z',
    })
  })

  test('lets them in with the passwords that they have: argon2, PBKDF2, and one that was padded', async () => {
    expect(await signIn('ada@example.com', 'Analytical-Engine-1843')).toBe('200')
    expect(await signIn('ada@example.com', 'Analytical-Engine-1844')).toBe(
      '401 invalid_credentials',
    )
    expect(await signIn('katherine@example.com', 'Orbit-7!')).toBe('200')
  })

  test('keeps out who was disabled, and who never verified their address until they do', async () => {
    expect(await signIn('grace@example.com', 'Nanosecond-Wire-1952')).toBe('401 account_not_active')
    expect(await userOf(root, 'grace@example.com')).toMatchObject({ status: 'deactivated' })
    expect(await signIn('alan@example.com', 'Bombe-at-Bletchley-1940')).toBe(
      '401 account_not_active',
    )
    expect(await userOf(root, 'alan@example.com')).toMatchObject({ status: 'pending' })
  })

  test('lets in by a reset whose password has too many iterations, was to be changed, or is elsewhere', async () => {
    expect(await signIn('barbara@example.com', 'Substitution-1987-pässwort')).toBe(
      '401 invalid_credentials',
    )
    expect(await signIn('radia@example.com', 'Spanning-Tree-1985')).toBe('401 invalid_credentials')
    for (const email of ['barbara@example.com', 'radia@example.com', 'edsger@example.com']) {
      await reset(email)
      expect(await signIn(email, NEW_PASSWORD)).toBe('200')
    }
  })
})

test('users may stand in files of their own, and several realms in one file', () => {
  const { realm: name, users } = JSON.parse(realm)
  const [ada, grace] = users
  const split = convert(fromKeycloak, {
    'engines-users-0.json': JSON.stringify({ realm: name, users: [ada] }),
    'engines-users-1.json': JSON.stringify({ realm: name, users: [grace] }),
  })
  expect(split.people.map(({ at }) => at)).toEqual([
    'engines-users-0.json:users[0]',
    'engines-users-1.json:users[0]',
  ])
  const all = JSON.stringify([
    { realm: 'master', users: [] },
    { realm: 'engines', users: [ada] },
  ])
  expect(convert(fromKeycloak, { 'all.json': all }).people.map(({ at }) => at)).toEqual([
    'all.json:engines.users[0]',
  ])
  expect(() => convert(fromKeycloak, { 'realm.json': '{"realm":"engines"}' })).toThrow(
    'realm.json has no "users"',
  )
})
