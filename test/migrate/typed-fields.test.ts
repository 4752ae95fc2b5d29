/** Booleans and dates: what cannot be parsed is reported and not carried over. */
import { describe, expect, test } from 'vitest'
import { fromBetterAuth } from '../../scripts/migrate/better-auth.ts'
import { fromSupabase } from '../../scripts/migrate/supabase.ts'
import { banIn, dateIn, flagIn, instant, proofIn } from '../../scripts/migrate/typed-fields.ts'
import { convert, told } from './moving'

const NOW = new Date('2026-06-01T00:00:00Z')

describe('truth values', () => {
  test.each([true, 'true', 'TRUE', 'True', ' t ', '1', 1, 'yes', 'on'])('%j is true', (value) => {
    expect(flagIn({ x: value }, 'x', false)).toEqual({ value: true, notes: [] })
  })
  test.each([false, 'false', 'FALSE', 'f', '0', 0, 'no', 'off'])('%j is false', (value) => {
    expect(flagIn({ x: value }, 'x', true)).toEqual({ value: false, notes: [] })
  })
  test.each([undefined, null, '', ' ', 'null', 'NULL', '\\N'])('%j is nothing', (value) => {
    expect(flagIn({ x: value }, 'x', true)).toEqual({ value: undefined, notes: [] })
  })
  test.each(['maybe', 'verified', '2024-05-01', 2, -1, {}, [], [true], { a: true }])(
    '%j is told, and read to the safe side',
    (value) => {
      for (const otherwise of [true, false]) {
        const note = `x is neither true nor false: taken for ${otherwise}`
        expect(flagIn({ x: value }, 'x', otherwise)).toEqual({ value: otherwise, notes: [note] })
      }
    },
  )
})

describe('dates', () => {
  test.each([
    ['2024-05-01T09:30:00.123Z', '2024-05-01T09:30:00.123Z'],
    ['2024-05-01 09:30:00.123456+00', '2024-05-01T09:30:00.123Z'],
    ['2024-05-01 09:30:00+0200', '2024-05-01T07:30:00.000Z'],
    ['2024-05-01T09:30:00,5-03:30', '2024-05-01T13:00:00.500Z'],
    ['2024-05-01T09:30Z', '2024-05-01T09:30:00.000Z'],
    ['2024-05-01 09:30:00', '2024-05-01T09:30:00.000Z'],
    ['2024-05-01 09:30:00 UTC', '2024-05-01T09:30:00.000Z'],
    ['2024-05-01', '2024-05-01T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['Wed, 01 May 2024 09:30:00 GMT', '2024-05-01T09:30:00.000Z'],
    [1714555800000, '2024-05-01T09:30:00.000Z'],
    ['1714555800000', '2024-05-01T09:30:00.000Z'],
    [1714555800, '2024-05-01T09:30:00.000Z'],
    [{ $date: '2024-05-01T09:30:00Z' }, '2024-05-01T09:30:00.000Z'],
    [{ $date: { $numberLong: '1714555800000' } }, '2024-05-01T09:30:00.000Z'],
    ['1714555800000000', '2024-05-01T09:30:00.000Z'],
    ['1714555800.123', '2024-05-01T09:30:00.123Z'],
    ['123456789', '1973-11-29T21:33:09.000Z'],
    ['999999999999', '2001-09-09T01:46:39.999Z'],
  ])('%j is %s', (value, iso) => {
    expect(instant(value)).toBe(iso)
    expect(proofIn({ x: value }, 'x', NOW)).toEqual({ value: true, notes: [] })
  })

  test.each([
    'f',
    'true',
    'infinity',
    '-infinity',
    '5/1/2024',
    '01.05.2024',
    'May 1, 2024',
    '2024-02-30',
    '2024-13-01',
    '2024-05-01 25:00',
    '2024-05-01T09:30:00+99:99',
    '0000-00-00 00:00:00',
    '0001-01-01 00:00:00+00',
    'Sat, 31 Feb 2024 09:30:00 GMT',
    'Fri, 31 Feb 2024 09:30:00 GMT',
    'Mon, 01 May 2024 09:30:00 GMT',
    // A truth value, a year, and days of a spreadsheet are no counts.
    1,
    '1',
    '2024',
    45413,
    '45413.5',
    // Dates without signs between their parts would be other times as counts.
    20991231,
    '20240501',
    '2099123123',
    '209912312359',
    '20240501093000',
    '2024050109300000',
    // Neither seconds nor milliseconds nor microseconds of our time.
    '12345678901',
    '12345678901234',
    '12345678901234567',
    0,
    '0',
    -1,
    true,
    {},
    [1714555800000],
  ])('%j is none: it is told, proves nothing and lifts no ban', (value) => {
    expect(dateIn({ x: value }, 'x')).toEqual({
      value: undefined,
      notes: ['x not carried over: it is not a date'],
    })
    expect(proofIn({ x: value }, 'x', NOW).value).toBe(false)
    expect(proofIn({ x: value }, 'x', NOW).notes).toHaveLength(1)
    expect(banIn({ x: value }, 'x', NOW).value).toBe(true)
  })

  test('of 13 digits are milliseconds, also when they begin like a date without signs', () => {
    for (const value of [1990101500000, '1990101500000', '1990101500000.5']) {
      expect(instant(value)?.slice(0, 19)).toBe('2033-01-23T13:58:20')
    }
    expect(banIn({ x: 1990101500000 }, 'x', new Date('2034-01-01')).value).toBe(false)
  })

  test('in the future prove nothing', () => {
    const { value, notes } = proofIn({ x: '2999-01-01' }, 'x', NOW)
    expect([value, notes.length]).toEqual([false, 1])
  })
})

test('Supabase: bare numbers prove nothing, lift no ban and date nobody to 1970', () => {
  const csv =
    'id,email,email_confirmed_at,banned_until,created_at\n' +
    '1,ada@example.com,1,20991231,20240501\n' +
    '2,ben@example.com,2024,2099,45413.5\n'
  const settled = convert(fromSupabase, { 'u.csv': csv })
  expect(
    settled.people.map(({ line }) => [line.email_verified, line.is_active, line.created_at]),
  ).toEqual([
    [false, false, undefined],
    [false, false, undefined],
  ])
  expect(told(settled)).toEqual(
    [2, 3].flatMap((line) => [
      `u.csv:${line}: email_confirmed_at is not a date in the past: proves nothing`,
      `u.csv:${line}: banned_until is not a date: taken for a ban without an end`,
      `u.csv:${line}: created_at not carried over: it is not a date`,
    ]),
  )
})

test('better-auth: a ban until a date without signs holds', () => {
  const csv = 'id,email,banned,banExpires\n1,ada@example.com,1,20200101\n'
  const settled = convert(fromBetterAuth, { 'u.csv': csv })
  expect(settled.people.map(({ line }) => line.is_active)).toEqual([false])
  expect(told(settled)).toContain(
    'u.csv:2: banExpires is not a date: taken for a ban without an end',
  )
})

test('Supabase: who is deleted is judged by a date, and one that cannot be read is told', () => {
  const row = { id: '1', email: 'ada@example.com', email_confirmed_at: null, banned_until: null }
  const deletions = [null, '', 'null', '2024-05-01', 1714555800, 'false', true]
  const rows = deletions.map((deleted_at, i) => ({
    ...row,
    id: `${i}`,
    email: `user${i}@example.com`,
    deleted_at,
  }))
  const settled = convert(fromSupabase, { 'u.json': JSON.stringify(rows) })
  expect(settled.people.map(({ id }) => id)).toEqual(['0', '1', '2'])
  expect(told(settled)).toEqual([
    'u.json[3]: LEFT OUT: the user is deleted',
    'u.json[4]: LEFT OUT: the user is deleted',
    'u.json[5]: LEFT OUT: deleted_at is not a date: the user is treated as deleted',
    'u.json[6]: LEFT OUT: deleted_at is not a date: the user is treated as deleted',
  ])
})
