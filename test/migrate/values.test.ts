/** Values of an export: numbers keep their digits, and words for nothing are nothing. */
import { describe, expect, test } from 'vitest'
import { fromAuth0 } from '../../scripts/migrate/auth0.ts'
import { fromBetterAuth } from '../../scripts/migrate/better-auth.ts'
import { fromClerk } from '../../scripts/migrate/clerk.ts'
import { parseCsv } from '../../scripts/migrate/csv.ts'
import { fromFirebase } from '../../scripts/migrate/firebase.ts'
import { isGarbled } from '../../scripts/migrate/garbled.ts'
import { numbersAsText, parseJson } from '../../scripts/migrate/json.ts'
import type { Converter } from '../../scripts/migrate/person.ts'
import { fromSupabase } from '../../scripts/migrate/supabase.ts'
import { convert, told } from './moving'

const BCRYPT = '$2b$10$Z3W4V3KwehW5MI3zrzpnve29xoIKtk/XbtbTjCtxvUvayjOzV8Znq'

describe('numbers', () => {
  const data =
    '{"snow": 123456789012345678, "pi": 3.14, "deep": {"ids": [9007199254740993, 7]}, "huge": 1e400}'
  const preferences = {
    snow: '123456789012345678',
    pi: 3.14,
    deep: { ids: ['9007199254740993', 7] },
    huge: '1e400',
  }
  const note = (what: string) =>
    `${what}: numbers with too many digits are carried over as text: snow, deep.ids.0, huge`

  test('with more digits than JavaScript keeps are carried over as text, and told', () => {
    const auth0 = `{"user_id": "auth0|1", "email": "ada@example.com", "user_metadata": ${data}}`
    const clerk = `[{"id": "1", "primary_email_address": "ada@example.com", "unsafe_metadata": ${data}}]`
    const supabase = `[{"id": "1", "email": "ada@example.com", "banned_until": null, "raw_user_meta_data": ${data}}]`
    const cell = data.replaceAll('"', '""')
    const csv = `id,email,banned_until,raw_user_meta_data\n1,ada@example.com,,"${cell}"\n`
    const all: [Converter, string, string][] = [
      [fromAuth0, auth0, 'u.x:1: user_metadata'],
      [fromClerk, clerk, 'u.x[0]: unsafe_metadata'],
      [fromSupabase, supabase, 'u.x[0]: raw_user_meta_data'],
      [fromSupabase, csv, 'u.x:2: raw_user_meta_data'],
    ]
    for (const [converter, text, place] of all) {
      const settled = convert(converter, { 'u.x': text })
      expect(settled.people.map(({ line }) => line.preferences)).toEqual([preferences])
      expect(told(settled)).toEqual([note(place)])
    }
  })

  test('that are the same in another spelling stay numbers', () => {
    const text = '[1.0, 1e3, 0.10, -0, 100000000000000000000, 1E-7, 9007199254740992]'
    expect(parseJson(text)).toEqual(JSON.parse(text))
    expect(numbersAsText('x', parseJson('{"a": 1.50}') as object)).toEqual([])
  })
})

describe('words for nothing in CSV', () => {
  test('are nothing without quotes, and a text in them', () => {
    expect(parseCsv('a,b,c,d,e\nnull,NULL,\\N,"NULL",Null\n')[1]?.cells).toEqual([
      null,
      null,
      null,
      'NULL',
      'Null',
    ])
  })

  test('delete nobody, name nobody and hash no password', () => {
    const supabase = 'id,email,banned_until,deleted_at\n1,ada@example.com,null,null\n'
    const clerk =
      'id,first_name,last_name,primary_email_address,password_digest,password_hasher\n' +
      `1,null,NULL,ada@example.com,${BCRYPT},null\n`
    const auth = 'id,name,email,emailVerified\n1,NULL,ada@example.com,NULL\n'
    const firebase = `1,ada@example.com,true,null,null,NULL${',null'.repeat(20)}\n`
    const [first, second, third, fourth] = [
      convert(fromSupabase, { 'u.csv': supabase }),
      convert(fromClerk, { 'u.csv': clerk }),
      convert(fromBetterAuth, { 'u.csv': auth }),
      convert(fromFirebase, { 'u.csv': firebase }),
    ].map((settled) => ({ told: told(settled), line: settled.people[0]?.line }))
    expect(first).toMatchObject({ told: [], line: { is_active: true } })
    expect(second?.line).toMatchObject({ full_name: 'ada@example.com', hashed_password: BCRYPT })
    expect(second?.told).toEqual(['the CSV alone does not contain who is banned'])
    expect(third?.line).toMatchObject({ full_name: 'ada@example.com' })
    expect(fourth?.line).toMatchObject({ full_name: 'ada@example.com', email_verified: true })
    expect(fourth?.line?.avatar_url).toBeUndefined()
  })
})

describe('garbled texts', () => {
  /** UTF-8 that was read in another encoding; what it has no character for stays a control character. */
  const misread = (text: string, letters = '') =>
    Array.from(new TextEncoder().encode(text), (byte) => {
      const letter = letters.charAt(byte - 0x80)
      return byte < 0x80 || letter === '' ? String.fromCharCode(byte) : letter
    }).join('')
  const WESTERN = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

  test.each([
    misread('Жук'),
    misread('Жук', WESTERN),
    misread('Müller', WESTERN),
    misread('Łukasz', WESTERN),
    misread('Ελένη', WESTERN),
    misread('田中', WESTERN),
    misread('🦊', WESTERN),
    misread('O’Neill', WESTERN),
    'Р–СѓРє',
    'РџРµС‚СЂ',
    'Jörg JÃ¶rg',
    'J\ufffdrg',
  ])('%s is told, in metadata too', (text) => {
    expect(isGarbled(text)).toBe(true)
    expect(isGarbled({ deep: ['Ada', { name: text }] })).toBe(true)
  })

  test.each([
    'Ada',
    'Jörg São Ângela',
    'Жук',
    'Пётр Ильич',
    'Зоє Її Ґудзь',
    'Ελένη',
    'Łukasz',
    '田中',
    '«CAFÉ»',
    '„ZUR NÜ“',
    'O’Neill – Ærøskøbing',
    'À la carte…',
    '🦊',
    7,
    null,
    undefined,
  ])('%s is whole', (text) => {
    expect(isGarbled(text)).toBe(false)
  })

  test('are told of a name in Cyrillic letters', () => {
    const user = { user_id: 'auth0|1', email: 'ada@example.com', name: misread('Жук', WESTERN) }
    expect(told(convert(fromAuth0, { 'u.json': JSON.stringify([user]) }))).toEqual([
      'u.json[0]: full_name looks garbled in the export: see whether it can be mended there',
    ])
  })
})
