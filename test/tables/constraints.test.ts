/** What SQLite would let through and the tables refuse: one rule broken at a time. */
import { describe, expect, it } from 'vitest'
import { insertRow, ROWS, type Row, rowsOf } from '../db/rows'
import { makeUser } from '../support/users'

const of = (table: string): Row => ROWS[table]?.[0] ?? {}
const chars = (length: number, character = 'x') => character.repeat(length)

/** The refusal of a row that is right in everything but what is given; '' when it is taken. */
async function refusal(table: string, broken: Row): Promise<string> {
  const row = { ...of(table), ...broken }
  if (table === 'users') delete row['id']
  try {
    await insertRow(table, row)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

const CHECK = /CHECK constraint failed/
const TYPE = /cannot store/
const NULL = /NOT NULL constraint failed/

const CASES: [table: string, what: string, broken: Row, RegExp][] = [
  ['users', 'a subject that is too short', { subject: chars(21) }, CHECK],
  ['users', 'an address that is too short', { email: 'a@b.' }, CHECK],
  ['users', 'an address that is too long', { email: chars(255) }, CHECK],
  ['users', 'no address', { email: null }, NULL],
  ['users', 'a compared address in capitals', { email_key: 'Ada@example.com' }, CHECK],
  ['users', 'a name of one character', { full_name: '\u{1F98A}' }, CHECK],
  ['users', 'a name of 256', { full_name: chars(256) }, CHECK],
  ['users', 'a hash that is none', { hashed_password: 'hunter2' }, CHECK],
  ['users', 'a void hash that is none', { voided_password: 'hunter2' }, CHECK],
  ['users', 'a bio of 2,001', { bio: chars(2001) }, CHECK],
  ['users', 'an avatar of 501', { avatar_url: chars(501) }, CHECK],
  ['users', 'preferences that are a list', { preferences: '[]' }, CHECK],
  ['users', 'preferences that are no JSON', { preferences: '{' }, /malformed JSON/],
  ['users', 'no preferences at all', { preferences: null }, NULL],
  [
    'users',
    'preferences over 16 KiB of bytes',
    { preferences: `{"a":"${chars(8200, 'ä')}"}` },
    CHECK,
  ],
  ['users', 'a language of one letter', { language: 'e' }, CHECK],
  ['users', 'an origin nobody has', { origin: 'bought' }, CHECK],
  ['users', 'a region of one letter', { home_region: 'w' }, CHECK],
  ['users', 'fewer logins than none', { login_count: -1 }, CHECK],
  ['users', 'a version of zero', { auth_version: 0 }, CHECK],
  ['users', 'a credential version of zero', { credential_version: 0 }, CHECK],
  ['users', 'a second factor without its secret', { two_factor_enabled_at: 1 }, CHECK],
  ['users', 'a secret that is not on', { two_factor_secret: 'k1.n.c' }, CHECK],
  ['users', 'an endless set-up', { two_factor_pending_secret: 'k1.n.c' }, CHECK],
  ['users', 'an instant in words', { created_at: 'yesterday' }, TYPE],
  ['users', 'an instant with a fraction', { created_at: 0.5 }, TYPE],
  ['users', 'a status of its own', { status: 'active' }, /cannot INSERT into generated column/],
  ['former_addresses', 'an address in clear', { address: 'ada@example' }, CHECK],
  ['former_addresses', 'an id that is none', { id: 'x' }, CHECK],
  ['users', 'an inviter who is not there', { invited_by: 9999 }, /FOREIGN KEY/],
  ['roles', 'a name of one letter', { name: 'a' }, CHECK],
  ['roles', 'a name of 101', { name: chars(101) }, CHECK],
  ['roles', 'a description of 501', { description: chars(501) }, CHECK],
  ['roles', 'a flag that is 2', { built_in: 2 }, CHECK],
  ['roles', 'a flag that is maybe', { built_in: 'maybe' }, TYPE],
  ['permissions', 'a name of two letters', { name: 'ab' }, CHECK],
  ['permissions', 'a flag that is -1', { built_in: -1 }, CHECK],
  ['user_roles', 'a user who is not there', { user_id: 9999 }, /FOREIGN KEY/],
  ['user_roles', 'no user', { user_id: null }, NULL],
  ['role_permissions', 'a permission that is not there', { permission_id: 9999 }, /FOREIGN KEY/],
  ['one_time_tokens', 'a token that is no hash', { hash: chars(42) }, CHECK],
  ['one_time_tokens', 'no hash', { hash: null }, NULL],
  ['one_time_tokens', 'a purpose nobody has', { purpose: 'sign_in' }, CHECK],
  ['recovery_codes', 'a code that is no hash', { hash: chars(42) }, CHECK],
  ['outbox', 'an id that is no id', { id: chars(21) }, CHECK],
  ['outbox', 'no id', { id: null }, NULL],
  ['outbox', 'a payload that is no object', { payload: '"mail"' }, CHECK],
  ['outbox', 'fewer attempts than none', { attempts: -1 }, CHECK],
  ['audit_log', 'an id that is no UUID', { id: chars(35) }, CHECK],
  ['audit_log', 'an event without a name', { event: '' }, CHECK],
  ['audit_log', 'data that are no object', { data: '[]' }, CHECK],
  ['parked_events', 'no id', { id: null }, NULL],
  ['user_sessions', 'an id that is no session', { id: chars(43) }, CHECK],
  ['signing_keys', 'no kid', { kid: null }, NULL],
  ['signing_keys', 'a public part that is no object', { public_jwk: '"x"' }, CHECK],
  ['signing_keys', 'an end before its beginning', { signs_until: 0 }, CHECK],
  ['signing_keys', 'a key unpublished while it signs', { published_until: 0 }, CHECK],
]

describe('refused', () => {
  it.each(CASES)('in %s: %s', async (table, _what, broken, reason) => {
    expect(await refusal(table, broken)).toMatch(reason)
  })

  it('and nothing of it is stored', async () => {
    for (const table of new Set(CASES.map(([name]) => name))) {
      const [row] = await rowsOf<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`)
      const shipped = { roles: 3, permissions: 7, role_permissions: 5 }[table] ?? 0
      expect(row?.rows, table).toBe(shipped)
    }
  })
})

describe('two rows', () => {
  it('of one compared address cannot be, nor of one subject', async () => {
    const ada = await makeUser()
    expect(await refusal('users', { email_key: ada.email })).toMatch(
      /UNIQUE constraint failed: users\.email_key/,
    )
    expect(await refusal('users', { subject: ada.subject })).toMatch(
      /UNIQUE constraint failed: users\.subject/,
    )
  })

  it('of one role and user cannot be', async () => {
    const { id } = await makeUser({ withoutUserRole: true })
    const row = { user_id: id, role_id: 1, assigned_at: 1 }
    await insertRow('user_roles', row)
    await expect(insertRow('user_roles', row)).rejects.toThrow('UNIQUE')
  })
})

describe('taken', () => {
  it('are names of 255 characters of any script, and the shortest address there can be', async () => {
    const full_name = chars(255, '\u{1F98A}')
    await makeUser({
      columns: { full_name, email: 'a@b.c', email_key: 'a@b.c', preferences: '{"a":1}' },
    })
    expect(await rowsOf("SELECT full_name FROM users WHERE email_key = 'a@b.c'")).toEqual([
      { full_name },
    ])
  })
})

describe('status', () => {
  it.each([
    [null, null, 'pending'],
    [1, null, 'active'],
    [null, 1, 'deactivated'],
    [1, 1, 'deactivated'],
  ])('follows from verified %j and deactivated %j: %s', async (verified, deactivated, status) => {
    const { id } = await makeUser({
      columns: { email_verified_at: verified, deactivated_at: deactivated },
    })
    expect(await rowsOf('SELECT status FROM users WHERE id = ?', id)).toEqual([{ status }])
  })
})

describe('deleting a user', () => {
  it('deletes the user’s own rows, keeps the audit log, and clears their id from other users’ rows', async () => {
    const ada = await makeUser({ withoutUserRole: true })
    const bob = await makeUser({ withoutUserRole: true, columns: { invited_by: ada.id } })
    await insertRow('user_roles', { user_id: ada.id, role_id: 1, assigned_at: 1 })
    await insertRow('user_roles', {
      user_id: bob.id,
      role_id: 1,
      assigned_at: 1,
      assigned_by: ada.id,
    })
    for (const table of [
      'one_time_tokens',
      'recovery_codes',
      'daily_login_users',
      'user_sessions',
    ]) {
      await insertRow(table, { ...of(table), user_id: ada.id })
    }
    await insertRow('audit_log', { ...of('audit_log'), target_id: ada.id })
    await rowsOf('DELETE FROM users WHERE id = ?', ada.id)

    for (const table of ['user_roles', 'one_time_tokens', 'recovery_codes', 'user_sessions']) {
      expect(await rowsOf(`SELECT 1 FROM ${table} WHERE user_id = ?`, ada.id), table).toEqual([])
    }
    expect(await rowsOf('SELECT 1 FROM daily_login_users')).toEqual([])
    expect(await rowsOf('SELECT target_id FROM audit_log')).toEqual([{ target_id: ada.id }])
    expect(await rowsOf('SELECT assigned_by FROM user_roles WHERE user_id = ?', bob.id)).toEqual([
      { assigned_by: null },
    ])
    expect(await rowsOf('SELECT invited_by FROM users WHERE id = ?', bob.id)).toEqual([
      { invited_by: null },
    ])
  })

  it('never lets another user have the id', async () => {
    const last = await makeUser()
    await rowsOf('DELETE FROM users WHERE id = ?', last.id)
    expect((await makeUser()).id).toBeGreaterThan(last.id)
  })
})
