/** Supabase's rows, from the fixture to a sign-in. fixtures/supabase/SOURCE.md says where the form is from. */
import { beforeAll, describe, expect, test } from 'vitest'
import { fromSupabase } from '../../scripts/migrate/supabase.ts'
import { type SignedInUser, staff } from '../support/users'
import dump from './fixtures/supabase/dump.sql?raw'
import csv from './fixtures/supabase/users.csv?raw'
import { convert, importAll, NEW_PASSWORD, reset, signIn, told, userOf } from './moving'

const ROLES = { staff: 'moderator' }

describe('rows of Supabase', () => {
  let root: SignedInUser
  const settled = convert(fromSupabase, { 'dump.sql': dump }, ROLES)
  beforeAll(async () => {
    root = await staff('admin')
    const { body } = await importAll(root, settled)
    expect(body).toEqual({ imported: 5, skipped: 0, skipped_lines: [], errors: [] })
  })

  test('lose nothing in silence', () => {
    expect(told(settled)).toEqual([
      'dump.sql:25: raw_app_meta_data not carried over: plan',
      'dump.sql:30: LEFT OUT: there is no email address',
      'dump.sql:31: LEFT OUT: the account is anonymous',
      'dump.sql:32: LEFT OUT: the user is deleted',
    ])
  })

  test('are the same people in a dump and in CSV', () => {
    const lines = (from: typeof settled) => from.people.map(({ id, line }) => ({ id, ...line }))
    expect(lines(convert(fromSupabase, { 'users.csv': csv }, ROLES))).toEqual(lines(settled))
  })

  test('bring people in with profile, roles and what they may edit themselves', async () => {
    expect(await userOf(root, 'ada@example.com')).toMatchObject({
      full_name: 'Ada Lovelace',
      avatar_url: 'https://example.com/ada.png',
      status: 'active',
      roles: ['moderator', 'user'],
      preferences: { theme: 'dark', bio: 'two\nlines, a "quote" and a \\' },
      created_at: '2024-05-01T09:29:11.000Z',
    })
  })

  test('let them in with the passwords that they have', async () => {
    expect(await signIn('ada@example.com', 'Analytical-Engine-1843')).toBe('200')
    expect(await signIn('ada@example.com', 'Analytical-Engine-1844')).toBe(
      '401 invalid_credentials',
    )
    // A ban that is over.
    expect(await signIn('radia@example.com', 'Spanning-Tree-1985')).toBe('200')
  })

  test('keep out who is banned, and who never verified their address until they do', async () => {
    expect(await signIn('grace@example.com', 'Nanosecond-Wire-1952')).toBe('401 account_not_active')
    expect(await userOf(root, 'grace@example.com')).toMatchObject({ status: 'deactivated' })
    expect(await signIn('alan@example.com', 'Bombe-at-Bletchley-1940')).toBe(
      '401 account_not_active',
    )
    expect(await userOf(root, 'alan@example.com')).toMatchObject({ status: 'pending' })
  })

  test('let in by a reset who signed in elsewhere', async () => {
    await reset('edsger@example.com')
    expect(await signIn('edsger@example.com', NEW_PASSWORD)).toBe('200')
  })
})

test('a ban without an end holds, and rows without the column are warned of', () => {
  const rows = 'id,email,banned_until\n1,ada@example.com,infinity\n2,grace@example.com,\n'
  const { people } = convert(fromSupabase, { 'users.csv': rows })
  expect(people.map(({ line }) => line.is_active)).toEqual([false, true])
  expect(told(convert(fromSupabase, { 'users.csv': 'id,email\n1,ada@example.com\n' }))).toEqual([
    'there is no column banned_until: banned users cannot be recognized',
  ])
})

test('a dump of inserts, or without the table, is refused with what is wanted', () => {
  const dumps = ['-- a dump\nINSERT INTO "auth"."users" VALUES (1);\n', 'SET x = 0;\n']
  for (const text of dumps) {
    expect(() => convert(fromSupabase, { 'dump.sql': text })).toThrow(
      'dump.sql has no "COPY auth.users (...) FROM stdin;"',
    )
  }
})
