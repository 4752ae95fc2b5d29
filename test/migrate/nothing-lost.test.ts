/** Nothing of an export vanishes: what is in no line is in the report. */
import { describe, expect, test } from 'vitest'
import { fromAuth0 } from '../../scripts/migrate/auth0.ts'
import { fromBetterAuth } from '../../scripts/migrate/better-auth.ts'
import { fromClerk } from '../../scripts/migrate/clerk.ts'
import { fromFirebase } from '../../scripts/migrate/firebase.ts'
import { fromKeycloak } from '../../scripts/migrate/keycloak.ts'
import { fromSupabase } from '../../scripts/migrate/supabase.ts'
import config from './fixtures/firebase/hash-config.txt?raw'
import realm from './fixtures/keycloak/engines-realm.json?raw'
import { convert, told } from './moving'

const BCRYPT = '$2b$10$Z3W4V3KwehW5MI3zrzpnve29xoIKtk/XbtbTjCtxvUvayjOzV8Znq'
const json = (...rows: object[]) => ({ 'u.json': JSON.stringify(rows) })

describe('Keycloak', () => {
  const [ada] = JSON.parse(realm).users
  const [password] = ada.credentials
  const user = { id: '1', email: 'ada@example.com', emailVerified: true, credentials: [password] }
  const converted = (users: object[], rest: object = {}) => {
    const settled = convert(fromKeycloak, {
      'r.json': JSON.stringify({ realm: 'r', users, ...rest }),
    })
    return {
      lines: settled.people.map(({ line }) => [
        line.hashed_password !== undefined,
        line.email_verified,
      ]),
      told: told(settled).map((line) => line.replace('r.json:users[0]: ', '')),
    }
  }

  test('required actions', () => {
    const actions = ['CONFIGURE_TOTP', 'TERMS_AND_CONDITIONS', 'VERIFY_EMAIL']
    expect(converted([{ ...user, requiredActions: actions }])).toEqual({
      lines: [[true, false]],
      told: ['required actions not carried over: CONFIGURE_TOTP, TERMS_AND_CONDITIONS'],
    })
    expect(converted([{ ...user, requiredActions: { UPDATE_PASSWORD: true } }])).toEqual({
      lines: [[false, false]],
      told: [
        'requiredActions not carried over as a whole: it is not a list of texts',
        'the password is not carried over: it had to be changed',
      ],
    })
  })

  test('a password that somebody else has set for a time', () => {
    for (const temporary of [true, 'true']) {
      expect(converted([{ ...user, credentials: [{ ...password, temporary }] }])).toEqual({
        lines: [[false, true]],
        told: ['the password is not carried over: it had to be changed'],
      })
    }
    const lasting = { ...user, credentials: [{ ...password, temporary: false }] }
    expect(converted([lasting])).toEqual({ lines: [[true, true]], told: [] })
  })

  test('credentials that are no list, have no type, or are a second password', () => {
    expect(converted([{ ...user, credentials: { 0: password } }])).toEqual({
      lines: [[false, true]],
      told: ['credentials not carried over as a whole: they are no list of objects'],
    })
    expect(converted([{ ...user, credentials: [password, password, { id: 'x' }, 7] }])).toEqual({
      lines: [[true, true]],
      told: [
        'a second password is not carried over',
        'credentials not carried over as a whole: they are no list of objects',
        'credentials not carried over: of no type',
      ],
    })
  })

  test('roles and attributes of another form', () => {
    const roles = {
      realmRoles: { staff: true },
      clientRoles: { shop: [{ name: 'x' }], account: {} },
    }
    expect(converted([{ ...user, ...roles, attributes: ['x'] }]).told).toEqual([
      'realmRoles not carried over as a whole: it is not a list of texts',
      'clientRoles: shop not carried over as a whole: it is not a list of texts',
      'attributes not carried over: it is no object',
    ])
    expect(converted([{ ...user, clientRoles: ['shop:editor'] }]).told).toEqual([
      'clientRoles not carried over: it is no object',
    ])
  })

  test('federated users, also in a file of their own', () => {
    const reason = 'LEFT OUT: a federated user: export the directory that has them'
    expect(converted([user], { federatedUsers: [{ id: 'f:1' }] }).told).toEqual([
      `r.json:federatedUsers[0]: ${reason}`,
    ])
    const settled = convert(fromKeycloak, {
      'r.json': JSON.stringify({ users: [user] }),
      'f.json': JSON.stringify({ federatedUsers: [{ id: 'f:1' }] }),
    })
    expect(told(settled)).toEqual([`f.json:federatedUsers[0]: ${reason}`])
  })
})

test('user names of Auth0, Clerk and Supabase', () => {
  const auth0 = { user_id: 'auth0|1', email: 'ada@example.com', username: 'ada' }
  expect(told(convert(fromAuth0, json(auth0)))).toEqual([
    'u.json[0]: fields not carried over: username',
  ])
  const clerk = { id: '1', primary_email_address: 'ada@example.com', username: 'ada-l' }
  const { people } = convert(fromClerk, json(clerk))
  expect(people.map(({ line, notes }) => [line.full_name, notes])).toEqual([
    ['ada-l', ['fields not carried over: username']],
  ])
  const own = {
    user_name: 'ada',
    preferred_username: 'ada',
    custom_claims: { x: 1 },
    theme: 'dark',
  }
  const supabase = {
    id: '1',
    email: 'ada@example.com',
    banned_until: null,
    raw_user_meta_data: own,
  }
  const settled = convert(fromSupabase, json(supabase))
  expect(settled.people[0]?.line.preferences).toEqual({ theme: 'dark' })
  expect(told(settled)).toEqual([
    'u.json[0]: raw_user_meta_data not carried over: user_name, preferred_username, custom_claims',
  ])
})

test('words that do not say whether a Supabase user is anonymous or of single sign-on', () => {
  const row = { id: '1', email: 'ada@example.com', banned_until: null }
  const settled = convert(fromSupabase, json({ ...row, is_anonymous: '?', is_sso_user: '?' }))
  expect(told(settled)).toEqual([
    'u.json[0]: is_anonymous is neither true nor false: taken for false',
    'u.json[0]: is_sso_user is neither true nor false: taken for false',
  ])
})

test('Clerk: what is empty in the JSON takes nothing from the CSV', () => {
  const { people } = convert(fromClerk, {
    'u.csv': `id,first_name,primary_email_address,password_digest\n1,Ada,ada@example.com,${BCRYPT}\n`,
    'u.json': '[{"id":"1","first_name":"","password_digest":null,"banned":false}]',
  })
  expect(people.map(({ line }) => [line.full_name, line.hashed_password])).toEqual([
    ['Ada', BCRYPT],
  ])
})

test('a field that holds something else than a text', () => {
  const email = 'ada@example.com'
  const no = (...names: string[]) =>
    names.map((name) => `${name} not carried over: it is not a text`)
  const notes = (settled: ReturnType<typeof convert>) =>
    settled.people.flatMap((each) => each.notes)
  expect(
    notes(
      convert(fromAuth0, {
        ...json({ user_id: 'auth0|1', email, name: 7 }),
        'h.json': JSON.stringify([{ _id: { $oid: '1' }, passwordHash: { hash: BCRYPT } }]),
      }),
    ),
  ).toEqual(no('name', 'passwordHash'))
  expect(
    notes(convert(fromClerk, json({ id: '1', primary_email_address: email, password_digest: {} }))),
  ).toEqual([])
  expect(
    notes(
      convert(fromClerk, json({ id: '1', primary_email_address: email, password_digest: [1] })),
    ),
  ).toEqual(no('password_digest'))
  expect(
    notes(convert(fromSupabase, json({ id: '1', email, banned_until: '', encrypted_password: 7 }))),
  ).toEqual(no('encrypted_password'))
  const firebase = json({ localId: '1', email, passwordHash: 7, salt: 7 })
  expect(notes(convert(fromFirebase, { ...firebase, 'c.txt': config }))).toEqual(
    no('passwordHash', 'salt'),
  )
  const account = { providerId: 'credential', userId: '1', password: { hash: 'x' } }
  expect(told(convert(fromBetterAuth, json({ id: '1', email, name: 7 }, account)))).toEqual([
    ...no('name').map((note) => `u.json[0]: ${note}`),
    ...no('password').map((note) => `u.json[1]: LEFT OUT: ${note}`),
  ])
})

test('metadata that is no object', () => {
  const user = { user_id: 'auth0|1', email: 'ada@example.com' }
  const metadata = [7, [1], 'text', true]
  for (const user_metadata of metadata) {
    expect(told(convert(fromAuth0, json({ ...user, user_metadata })))).toEqual([
      'u.json[0]: user_metadata not carried over: it is no object',
    ])
  }
  for (const user_metadata of [null, '', ' ', false, [], {}, '{}']) {
    expect(told(convert(fromAuth0, json({ ...user, user_metadata })))).toEqual([])
  }
})

test('better-auth: a password of another provider', () => {
  const user = { id: '1', email: 'ada@example.com', name: 'Ada Lovelace' }
  const account = { providerId: 'email', userId: '1', password: BCRYPT }
  const settled = convert(fromBetterAuth, json(user, account))
  expect(settled.people.map(({ line }) => line.hashed_password)).toEqual([undefined])
  expect(told(settled)).toEqual([
    'u.json[1]: LEFT OUT: a password of an account that is not of the provider credential',
  ])
})

test('better-auth: a role that is not a text', () => {
  const rows = [{ staff: true }, ['staff', 7], 'staff, user', null, '', []].map((role, i) => ({
    id: i,
    email: `user${i}@example.com`,
    role,
  }))
  const settled = convert(
    fromBetterAuth,
    { 'u.json': JSON.stringify(rows) },
    { staff: 'moderator' },
  )
  expect(settled.people.map(({ line }) => line.roles)).toEqual([
    undefined,
    ['moderator'],
    ['moderator'],
    undefined,
    undefined,
    undefined,
  ])
  expect(told(settled).slice(1)).toEqual([
    'u.json[0]: role not carried over as a whole: it is not a list of texts',
    'u.json[1]: role not carried over as a whole: it is not a list of texts',
  ])
})
