import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { preferencesField } from '../../src/users/preferences'
import {
  avatarUrlField,
  bioField,
  fullNameField,
  languageField,
} from '../../src/users/profile-fields'

/** What is taken for a value, or the codes by which it is refused. */
function outcome(field: z.ZodType, value: unknown): unknown {
  const result = field.safeParse(value)
  if (result.success) return result.data
  return result.error.issues.map((issue) =>
    issue.code === 'custom' ? issue.params?.['code'] : issue.code,
  )
}

describe('a full name', () => {
  it.each([
    ['two letters', 'Bo', 'Bo'],
    ['two characters of one script or none', '\u674e\u660e', '\u674e\u660e'],
    ['two emoji', '\u{1f600}\u{1f600}', '\u{1f600}\u{1f600}'],
    ['255 emoji', '\u{1f600}'.repeat(255), '\u{1f600}'.repeat(255)],
    ['spaces around it, which go', ' \u00a0Ada Lovelace\t', 'Ada Lovelace'],
    ['decomposed accents, which are composed', 'Jose\u0301', 'Jos\u00e9'],
    ['apostrophes, hyphens and dots', "Dr. Anne-Marie O'Neil", "Dr. Anne-Marie O'Neil"],
    ['markup, which is text', '<b>Ada</b>', '<b>Ada</b>'],
    [
      'a zero-width non-joiner, which Persian needs',
      '\u0639\u0644\u06cc\u200c\u0631\u0636\u0627',
      '\u0639\u0644\u06cc\u200c\u0631\u0636\u0627',
    ],
  ])('may be %s', (_, typed, name) => {
    expect(outcome(fullNameField, typed)).toBe(name)
  })

  it.each([
    ['nothing', '', 'too_short'],
    ['one letter', 'A', 'too_short'],
    ['one emoji, though it is two UTF-16 units', '\u{1f600}', 'too_short'],
    ['one letter and its accent', 'e\u0301', 'too_short'],
    ['one letter and spaces', '  A   ', 'too_short'],
    ['256 letters', 'a'.repeat(256), 'too_long'],
    ['256 emoji', '\u{1f600}'.repeat(256), 'too_long'],
    ['a line break', 'Ada\nLovelace', 'invalid_characters'],
    [
      'a carriage return, which could add a header',
      'Ada\r\nBcc: x@example.com',
      'invalid_characters',
    ],
    ['a tab', 'Ada\tLovelace', 'invalid_characters'],
    ['NUL', 'Ada\0', 'invalid_characters'],
    ['a line separator', 'Ada\u2028Lovelace', 'invalid_characters'],
    ['a C1 control', 'Ada\u0085Lovelace', 'invalid_characters'],
    ['a lone surrogate', 'Ada\ud800', 'invalid_characters'],
    ['a right-to-left override', 'Ada\u202egnp.exe', 'invalid_characters'],
    ['nothing that shows', '\u200b\u200b\u2060', 'invalid_characters'],
  ])('may not be %s', (_, typed, code) => {
    expect(outcome(fullNameField, typed)).toContain(code)
  })

  it('is never longer than the table allows, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (typed) => {
        const result = fullNameField.safeParse(typed)
        if (!result.success) return
        const length = Array.from(result.data).length
        expect(length >= 2 && length <= 255 && result.data.isWellFormed()).toBe(true)
        expect(fullNameField.parse(result.data)).toBe(result.data)
      }),
    )
  })
})

describe('a bio', () => {
  it('may hold lines, tabs and 2,000 characters, counted by code point', () => {
    for (const text of ['', 'One\n\ttwo', '\u{1f600}'.repeat(2000)]) {
      expect(outcome(bioField, text)).toBe(text)
    }
  })

  it('counts and keeps a line end once, as browsers send it or not', () => {
    expect(outcome(bioField, 'One\r\ntwo\rthree\n')).toBe('One\ntwo\nthree\n')
    expect(outcome(bioField, 'a\r\n'.repeat(1000))).toBe('a\n'.repeat(1000))
    expect(outcome(bioField, `${'a\r\n'.repeat(1000)}a`)).toEqual(['too_long'])
  })

  it.each([
    ['2,001 characters', 'a'.repeat(2001), 'too_long'],
    ['NUL', 'a\0b', 'invalid_characters'],
    ['an escape sequence', '\u001b[31mred', 'invalid_characters'],
    ['a lone surrogate', '\udfff', 'invalid_characters'],
  ])('may not hold %s', (_, text, code) => {
    expect(outcome(bioField, text)).toEqual([code])
  })
})

describe('an avatar', () => {
  it.each([
    'https://example.com',
    'https://example.com:8443/a.png?size=2#x',
    'HTTPS://EXAMPLE.COM/A.png',
    'https://b\u00fccher.example/\u00e9.png',
    'https://[2001:db8::1]:8443/a.png',
    'https://192.0.2.1/a.png',
    `https://example.com/${'a'.repeat(480)}`,
  ])('may be %s', (url) => {
    expect(outcome(avatarUrlField, url)).toBe(url)
  })

  it.each([
    'http://example.com/a.png',
    '//example.com/a.png',
    '/a.png',
    '',
    'javascript:alert(1)',
    'JaVaScRiPt://example.com/%0aalert(1)',
    'data:image/png;base64,AAAA',
    'ftp://example.com/a.png',
    'blob:https://example.com/1',
    'https:example.com/a.png',
    'https:///example.com/a.png',
    'https:/\\example.com',
    'https://',
    'https://user@example.com/a.png',
    'https://user:secret@example.com/a.png',
    'https://:secret@example.com/a.png',
    'https://example.com/a b.png',
    ' https://example.com/a.png',
    'https://example.com/a\n.png',
    'https://example.com/a\0.png',
    'https://exa\tmple.com/a.png',
    'https://example.com\\@evil.example/a.png',
    'https://example.com/\ud800.png',
    'https://exa%00mple.com',
    'https://x;form-action/a.png',
    'https://x%3Bform-action/a.png',
    'https://x,y/a.png',
    'https://*/a.png',
    "https://'self'/a.png",
  ])('may not be %j', (url) => {
    expect(outcome(avatarUrlField, url)).toEqual(['invalid_url'])
  })

  it('may not have more than 500 characters', () => {
    expect(outcome(avatarUrlField, `https://example.com/${'a'.repeat(481)}`)).toEqual(['too_big'])
  })
})

describe('a language', () => {
  it('is a code such as en or pt-BR', () => {
    for (const code of ['en', 'de', 'pt-BR', 'gsw', 'gsw-CH'])
      expect(outcome(languageField, code)).toBe(code)
  })

  it.each([
    ['de-AT', 'de-AT'],
    ['en_US.UTF-8', 'en-US'],
    ['de_AT.UTF-8@euro', 'de-AT'],
    ['de-CH-1996', 'de-CH-1996'],
    ['zh-Hant-TW', 'zh-Hant-TW'],
    ['zh-hans', 'zh-Hans'],
    ['es-419', 'es-419'],
    ['EN', 'en'],
    ['EN-us', 'en-US'],
    ['en_US', 'en-US'],
    ['sr_latn_rs', 'sr-Latn-RS'],
    ['iw', 'he'],
    // Too long to be stored, and what no user interface needs.
    ['ca-valencia', 'ca'],
    ['de-Latn-CH-1996', 'de-Latn-CH'],
    ['de-DE-u-co-phonebk', 'de-DE'],
    ['en-x-private', 'en'],
  ])('as a browser or a system writes it: %s is %s', (typed, stored) => {
    expect(outcome(languageField, typed)).toBe(stored)
    expect(outcome(languageField, stored)).toBe(stored)
  })

  it('is never longer than the table allows, whatever is typed', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,4}([-_][a-zA-Z0-9]{1,9}){0,5}$/), (typed) => {
        const result = languageField.safeParse(typed)
        if (result.success) expect(result.data).toMatch(/^[a-z]{2,3}(-[a-zA-Z0-9]{2,8})*$/)
        if (result.success) expect(result.data.length).toBeLessThanOrEqual(10)
      }),
    )
  })

  it.each([
    '',
    'e',
    'english',
    'en-USA',
    'en-',
    'en\n',
    ' en',
    '../en',
    'x-private',
    '*',
    'toString',
    'root',
  ])('is not %j', (code) => {
    expect(outcome(languageField, code)).toEqual(['invalid_format'])
  })
})

describe('preferences', () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) })
  const keys = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]))

  it.each([
    ['nothing', {}],
    ['every kind of value', { a: null, b: true, c: 1.5, d: 'x', e: [1, { f: [] }], '': 0 }],
    ['5 levels', nested(5)],
    ['5 levels of lists', { a: [[[[1]]]] }],
    ['100 keys', keys(100)],
    ['100 keys in all levels together', { a: keys(49), b: keys(49) }],
    ['16 KiB', { a: 'x'.repeat(16 * 1024 - 8) }],
  ])('may hold %s', (_, value) => {
    expect(outcome(preferencesField, value)).toEqual(value)
  })

  it.each([
    ['a list', [], 'invalid_type'],
    ['a text', 'dark', 'invalid_type'],
    ['a number', 7, 'invalid_type'],
    ['6 levels', nested(6), 'too_deep'],
    ['6 levels of lists', { a: [[[[[1]]]]] }, 'too_deep'],
    ['101 keys', keys(101), 'too_many_keys'],
    ['101 keys in all levels together', { a: keys(50), b: keys(49) }, 'too_many_keys'],
    ['more than 16 KiB', { a: 'x'.repeat(16 * 1024 - 7) }, 'too_large'],
    ['more than 16 KiB in fewer characters', { a: '\u00e9'.repeat(8 * 1024) }, 'too_large'],
    ['a key __proto__', JSON.parse('{"__proto__":{"a":1}}'), 'forbidden_key'],
    ['an inner key __proto__', JSON.parse('{"a":[{"__proto__":null}]}'), 'forbidden_key'],
    ['a key constructor', { a: { constructor: 1 } }, 'forbidden_key'],
    ['a key prototype', { prototype: 1 }, 'forbidden_key'],
    ['NUL in a text', { a: 'x\0' }, 'invalid_characters'],
    ['NUL in a key', { 'x\0': 1 }, 'invalid_characters'],
    ['a lone surrogate', { a: ['\ud800'] }, 'invalid_characters'],
    [
      'a number that JSON cannot keep, which would remove the key',
      JSON.parse('{"a":1e999}'),
      'invalid_number',
    ],
  ])('may not hold %s', (_, value, code) => {
    expect(outcome(preferencesField, value)).toEqual([code])
  })

  it('that break several rules have each named', () => {
    const value = { ...keys(101), constructor: 'x\0'.repeat(20_000), a: Infinity }
    expect(outcome(preferencesField, value)).toEqual([
      'too_many_keys',
      'forbidden_key',
      'invalid_characters',
      'invalid_number',
      'too_large',
    ])
  })

  it('of thousands of levels are refused and crash nothing', () => {
    const deep: unknown = JSON.parse(`{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`)
    expect(outcome(preferencesField, deep)).toEqual(['too_deep'])
  })
})
