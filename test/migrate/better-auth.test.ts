/** better-auth's tables, from the fixture to a sign-in. fixtures/better-auth/SOURCE.md says where the form is from. */
import { beforeAll, describe, expect, test } from 'vitest'
import { fromBetterAuth } from '../../scripts/migrate/better-auth.ts'
import { type SignedInUser, staff } from '../support/users'
import accounts from './fixtures/better-auth/account.json?raw'
import dump from './fixtures/better-auth/dump.sql?raw'
import users from './fixtures/better-auth/user.json?raw'
import { convert, importAll, NEW_PASSWORD, reset, signIn, told, userOf } from './moving'

const ROLES = { staff: 'moderator' }
const FILES = { 'user.json': users, 'account.json': accounts }

describe('the tables of better-auth', () => {
  let root: SignedInUser
  const settled = convert(fromBetterAuth, FILES, ROLES)
  beforeAll(async () => {
    root = await staff('admin')
    const { body } = await importAll(root, settled)
    expect(body).toEqual({ imported: 6, skipped: 0, skipped_lines: [], errors: [] })
  })

  test('lose nothing in silence', () => {
    expect(told(settled)).toEqual([
      'user.json[0]: the second factor is not carried over',
      'user.json[1]: columns not carried over: banReason',
      'account.json[6]: LEFT OUT: an account of a user who is not in the export',
    ])
  })

  test('are the same people in every form', () => {
    const lines = (files: Record<string, string>) =>
      convert(fromBetterAuth, files, ROLES).people.map(({ id, line }) => ({ id, ...line }))
    const expected = lines(FILES)
    expect(lines({ 'dump.sql': dump })).toEqual(expected)
    const both = { user: JSON.parse(users), account: JSON.parse(accounts) }
    expect(lines({ 'all.json': JSON.stringify(both) })).toEqual(expected)
    const d1 = (rows: string) => JSON.stringify([{ results: JSON.parse(rows), success: true }])
    expect(lines({ 'u.json': d1(users), 'a.json': d1(accounts) })).toEqual(expected)
    const ndjson = (rows: string) =>
      JSON.parse(rows)
        .map((row: object) => JSON.stringify(row))
        .join('\n')
    expect(lines({ 'u.ndjson': ndjson(users), 'a.ndjson': ndjson(accounts) })).toEqual(expected)
  })

  test('bring people in with name, picture, date and roles', async () => {
    expect(await userOf(root, 'ada@example.com')).toMatchObject({
      full_name: 'Ada Lovelace',
      avatar_url: 'https://example.com/ada.png',
      status: 'active',
      roles: ['moderator', 'user'],
      created_at: '2024-05-01T09:30:00.000Z',
    })
  })

  test('let users in with the passwords that they have', async () => {
    expect(await signIn('ada@example.com', 'Analytical-Engine-1843')).toBe('200')
    expect(await signIn('ada@example.com', 'Analytical-Engine-1844')).toBe(
      '401 invalid_credentials',
    )
    // A ban that is over.
    expect(await signIn('radia@example.com', 'Spanning-Tree-1985')).toBe('200')
    // better-auth folds by NFKC: both spellings were right there.
    expect(await signIn('katherine@example.com', 'Orbit-ﬁ-7-Ⅷ')).toBe('200')
    expect(await signIn('katherine@example.com', 'Orbit-fi-7-VIII')).toBe('200')
  })

  test('keep out banned users, and those whose address is not verified', async () => {
    expect(await signIn('grace@example.com', 'Nanosecond-Wire-1952')).toBe('401 account_not_active')
    expect(await userOf(root, 'grace@example.com')).toMatchObject({ status: 'deactivated' })
    expect(await userOf(root, 'alan@example.com')).toMatchObject({ status: 'pending' })
  })

  test('let in by a reset a user who signed in elsewhere', async () => {
    await reset('edsger@example.com')
    expect(await signIn('edsger@example.com', NEW_PASSWORD)).toBe('200')
  })
})

test('SQLite’s 0 and 1 are truth values, and its numbers dates', () => {
  const csv =
    'id,name,email,emailVerified,banned,banExpires,isAnonymous,createdAt\n' +
    '1,Ada,ada@example.com,1,0,,0,1714555800000\n' +
    '2,Alan,alan@example.com,0,1,,0,1714555800\n' +
    '3,,temp@example.com,0,0,,1,1714555800\n' +
    '4,Grace,grace@example.com,2024-05-01,1,soon,0,yesterday\n'
  const settled = convert(fromBetterAuth, { 'user.csv': csv })
  expect(
    settled.people.map(({ line }) => [line.email_verified, line.is_active, line.created_at]),
  ).toEqual([
    [true, true, '2024-05-01T09:30:00.000Z'],
    [false, false, '2024-05-01T09:30:00.000Z'],
    [false, false, undefined],
  ])
  expect(told(settled)).toEqual([
    'without the table account no password is carried over',
    'user.csv:5: emailVerified is neither true nor false: taken for false',
    'user.csv:5: banExpires is not a date: taken for a ban without an end',
    'user.csv:5: createdAt not carried over: it is not a date',
    'user.csv:4: LEFT OUT: the user is anonymous',
  ])
})

test('what is no user and no account is told, and accounts alone are refused', () => {
  const session = { id: 's1', token: 'x', userId: '1' }
  const user = { id: '1', email: 'ada@example.com', name: 'Ada', accounts: [{}] }
  const settled = convert(fromBetterAuth, { 'a.json': JSON.stringify([user, session]) })
  expect(told(settled).slice(1)).toEqual([
    'a.json[0]: columns not carried over: accounts',
    'a.json[1]: LEFT OUT: it is neither a user nor an account',
  ])
  expect(() => convert(fromBetterAuth, { 'account.json': accounts })).toThrow(
    'The table user is missing',
  )
  expect(() => convert(fromBetterAuth, { 'dump.sql': 'SET x = 0;\n' })).toThrow(
    'dump.sql has no "COPY public.user (...) FROM stdin;"',
  )
})

describe('ids', () => {
  const user = (id: object, name: string) => ({
    ...id,
    email: `${name}@example.com`,
    name,
    emailVerified: true,
  })
  const account = (userId: unknown, password: string) => ({
    providerId: 'credential',
    userId,
    password,
  })
  const converted = (...rows: object[]) => {
    const settled = convert(fromBetterAuth, { 'a.json': JSON.stringify(rows) })
    const people = settled.people.map(({ id, line }) => [id, line.full_name, line.hashed_password])
    return { people, told: told(settled) }
  }
  const [ALICE, BOB] = JSON.parse(accounts)
    .slice(0, 2)
    .map((row: { password: string }) => row.password)

  test.each(['_id', 'id'])('of MongoDB in %s join each user to their own account', (name) => {
    const alice = { $oid: '65a4f1c2d3e4f5a6b7c8d901' }
    const bob = { $oid: '65a4f1c2d3e4f5a6b7c8d902' }
    expect(
      converted(
        user({ [name]: alice }, 'alice'),
        user({ [name]: bob }, 'bob'),
        account(alice, ALICE),
        account(bob, BOB),
      ),
    ).toEqual({
      people: [
        [alice.$oid, 'alice', ALICE],
        [bob.$oid, 'bob', BOB],
      ],
      told: [],
    })
  })

  test('that cannot be read join nobody', () => {
    expect(
      converted(
        user({ id: '1' }, 'alice'),
        user({ id: { binary: '1' } }, 'bob'),
        user({ id: '' }, 'carol'),
        user({}, 'dora'),
        account({ binary: '1' }, BOB),
        account('', BOB),
        account(null, BOB),
      ),
    ).toEqual({
      people: [['1', 'alice', undefined]],
      told: [
        ...[4, 5, 6].map((i) => `a.json[${i}]: LEFT OUT: the id of its user cannot be read`),
        ...[1, 2, 3].map((i) => `a.json[${i}]: LEFT OUT: there is no id, or none that can be read`),
      ],
    })
  })

  test.each(['a.json', 'a.ndjson'])(
    'with more digits than a number keeps are told apart: %s',
    (file) => {
      const ids = ['7212345678901234561', '7212345678901234562', '7212345678901230000']
      const rows = [
        ...ids.map((id) => `{"id":${id},"email":"u${id}@example.com","name":"Ada Lovelace"}`),
        `{"providerId":"credential","userId":${ids[0]},"password":"${ALICE}"}`,
        `{"providerId":"credential","userId":${ids[1]},"password":"${BOB}"}`,
        `{"providerId":"credential","userId":"${ids[2]}","password":"${ALICE}"}`,
      ]
      const text = file === 'a.json' ? `[${rows.join(',\n')}]` : rows.join('\n')
      const settled = convert(fromBetterAuth, { [file]: text })
      expect(settled.people.map(({ id, line }) => [id, line.hashed_password])).toEqual([
        [ids[0], ALICE],
        [ids[1], BOB],
        [ids[2], ALICE],
      ])
      expect(told(settled)).toEqual([])
    },
  )

  test('with several passwords get none of them, and one that is there twice is one', () => {
    const alice = user({ id: 7 }, 'alice')
    expect(converted(alice, account(7, ALICE), account('7', ALICE)).people).toEqual([
      ['7', 'alice', ALICE],
    ])
    expect(converted(alice, account(7, ALICE), account(7, BOB))).toEqual({
      people: [['7', 'alice', undefined]],
      told: [1, 2].map(
        (i) =>
          `a.json[${i}]: LEFT OUT: one of several passwords of one user: none of them is carried over`,
      ),
    })
  })

  test('that stand at several addresses give their password to none of them', () => {
    const rows = [user({ id: 7 }, 'alice'), user({ id: 7 }, 'bob'), account(7, ALICE)]
    expect(converted(...rows)).toEqual({
      people: [['7', 'alice', undefined]],
      told: [
        'a.json[2]: LEFT OUT: a password of an id that occurs with several addresses',
        'a.json[1]: LEFT OUT: the same user as at a.json[0]',
      ],
    })
  })
})

test('a name in two spellings is refused, as a column is that stands there twice', () => {
  const csv = 'id,email,email_verified,emailVerified\n1,ada@example.com,false,true\n'
  expect(() => convert(fromBetterAuth, { 'u.csv': csv })).toThrow(
    'u.csv:2 has both email_verified and emailVerified',
  )
})

test('a word that does not say whether a user is anonymous is told', () => {
  const csv = 'id,name,email,isAnonymous\n1,Ada,ada@example.com,perhaps\n'
  expect(told(convert(fromBetterAuth, { 'u.csv': csv }))).toContain(
    'u.csv:2: isAnonymous is neither true nor false: taken for false',
  )
})
