import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseEmailAddress } from '../../src/users/email-address'
import { call } from '../support/api'
import { named } from '../support/named'
import { under } from '../support/under'
import { PASSWORD } from '../support/users'

const emailOf = (text: string) => parseEmailAddress(text)?.email
const keyOf = (text: string) => parseEmailAddress(text)?.key

describe('one canonical form', () => {
  it.each([
    ['ASCII case', 'ADA@Example.COM', 'ada@example.com'],
    ['spaces around it', ' \t\u00a0ada@example.com\u3000\r\n', 'ada@example.com'],
    ['invisible marks around it', '\u200e\u202aada@example.com\u202c\u200b', 'ada@example.com'],
    ['a byte order mark before it', '\ufeffada@example.com', 'ada@example.com'],
    ['a decomposed letter in the local part', 'jose\u0301@example.com', 'jos\u00e9@example.com'],
    ['a decomposed letter in the domain', 'a@bu\u0308cher.example', 'a@xn--bcher-kva.example'],
    ['an IDN domain', 'a@b\u00fccher.example', 'a@xn--bcher-kva.example'],
    ['an upper-case IDN domain', 'a@B\u00dcCHER.EXAMPLE', 'a@xn--bcher-kva.example'],
    ['punycode typed as such', 'a@XN--BCHER-KVA.example', 'a@xn--bcher-kva.example'],
    ['full-width letters in the domain', 'a@\uff45xample.com', 'a@example.com'],
    ['a Chinese domain', 'a@\u4f8b\u3048.\u30c6\u30b9\u30c8', 'a@xn--r8jz45g.xn--zckzah'],
    ['the Kelvin sign, which is the letter K', '\u212aate@example.com', 'kate@example.com'],
  ])('whatever is typed: %s', (_, typed, email) => {
    expect(emailOf(typed)).toBe(email)
  })

  it.each([
    'a@b.co',
    'first.last+tag@example.com',
    "o'brien!#$%&*/=?^_`{|}~-@example.com",
    '7@a-1.example',
    '\u7528\u6237@example.com',
    '\u0434\u0438\u043c\u0430@example.com',
    'user%example.org@example.com',
    `${'a'.repeat(64)}@example.com`,
    `a@${'b'.repeat(63)}.example`,
  ])('is left as it is: %s', (address) => {
    expect(emailOf(address)).toBe(address)
  })

  it('keeps the case of letters beyond ASCII for the mail, not for the key', () => {
    expect(parseEmailAddress('J\u00d6RG@example.com')).toEqual({
      email: 'j\u00d6rg@example.com',
      key: 'j\u00f6rg@example.com',
    })
  })
})

describe('what is not exactly one usable address is refused', () => {
  it.each([
    ['nothing', ''],
    ['spaces', '   '],
    ['no @', 'ada.example.com'],
    ['two @', 'ada@home@example.com'],
    ['no local part', '@example.com'],
    ['no domain', 'ada@'],
    ['an inner space', 'ada love@example.com'],
    ['a space before the @', 'ada @example.com'],
    ['two addresses', 'ada@example.com,bob@example.com'],
    ['two addresses by semicolon', 'ada@example.com;bob@example.com'],
    ['two addresses by line', 'ada@example.com\nbob@example.com'],
    ['a display name', 'Ada <ada@example.com>'],
    ['angle brackets', '<ada@example.com>'],
    ['a mailto', 'mailto:ada@example.com'],
    ['a comment', 'ada(home)@example.com'],
    ['a backslash', 'ada\\@example.com'],
    ['a quoted local part', '"ada love"@example.com'],
    ['a quoted dot-atom', '"ada"@example.com'],
    ['a header injection', 'ada@example.com\r\nBcc: bob@example.com'],
    ['a full-width @', 'ada\uff20example.com'],
    ['a small @', 'ada\ufe6bexample.com'],
    ['a full-width @ in the local part', 'ada\uff20evil.example@example.com'],
    ['a small @ in the domain', 'ada@evil.example\ufe6bexample.com'],
    ['a leading dot', '.ada@example.com'],
    ['a trailing dot', 'ada.@example.com'],
    ['two dots', 'ada..love@example.com'],
    ['a dot that NFKC doubles', 'ada\u2025love@example.com'],
    ['a single-label domain', 'ada@localhost'],
    ['a top-level domain of one letter', 'a@b.c'],
    ['a trailing dot of the domain', 'ada@example.com.'],
    ['a leading dot of the domain', 'ada@.example.com'],
    ['two dots in the domain', 'ada@example..com'],
    ['an ideographic full stop', 'ada@example\u3002com'],
    ['a hyphen before a label', 'ada@-example.com'],
    ['a hyphen after a label', 'ada@example-.com'],
    ['an underscore in the domain', 'ada@ex_ample.com'],
    ['an IPv4 domain', 'ada@192.0.2.1'],
    ['an IPv4 domain in hexadecimal', 'ada@0xc0.0.2.1'],
    ['an IPv4 domain as one number', 'ada@3221225985'],
    ['an address literal', 'ada@[192.0.2.1]'],
    ['an IPv6 literal', 'ada@[IPv6:2001:db8::1]'],
    ['a numeric top-level domain', 'ada@example.123'],
    ['a port', 'ada@example.com:25'],
    ['a path', 'ada@example.com/x'],
    ['a query', 'ada@example.com?x'],
    ['a fragment', 'ada@example.com#x'],
    ['a percent-encoded domain', 'ada@ex%61mple.com'],
    ['a zero-width space', 'a\u200bda@example.com'],
    ['a zero-width joiner', 'a\u200dda@example.com'],
    ['a soft hyphen', 'a\u00adda@example.com'],
    ['a word joiner', 'a\u2060da@example.com'],
    ['a variation selector', 'ada\ufe0f@example.com'],
    ['a combining grapheme joiner', 'a\u034fda@example.com'],
    ['a Hangul filler', 'ada\u3164@example.com'],
    ['a right-to-left override', 'ada\u202e@example.com'],
    ['a zero-width space in the domain', 'ada@exam\u200bple.com'],
    ['a lone high surrogate', 'ada\ud800@example.com'],
    ['a lone low surrogate in the domain', 'ada@ex\udc00ample.com'],
    ['an emoji', '\u{1f600}@example.com'],
    ['a local part of 65 bytes', `${'a'.repeat(65)}@example.com`],
    ['a local part of 65 bytes in 33 letters', `a${'\u00e9'.repeat(32)}@example.com`],
    ['a label of 64 letters', `a@${'b'.repeat(64)}.example`],
    ['DEL', 'a\u007fb@example.com'],
    ['a C1 control', 'a\u0085b@example.com'],
  ])('%s', (_, text) => {
    expect(parseEmailAddress(text)).toBeUndefined()
  })

  it('any control character', () => {
    for (let code = 0; code < 32; code++) {
      expect(parseEmailAddress(`a${String.fromCodePoint(code)}b@example.com`)).toBeUndefined()
    }
  })

  it('254 bytes are taken, 255 are not', () => {
    const domain = (bytes: number) => `${'b'.repeat(bytes - 3).replaceAll(/(.{62})./g, '$1.')}.ee`
    const address = (bytes: number) => `${'a'.repeat(60)}@${domain(bytes - 61)}`
    expect(address(254)).toHaveLength(254)
    expect(emailOf(address(254))).toBe(address(254))
    expect(emailOf(address(255))).toBeUndefined()
    // U+FDF2 is 3 bytes that become 8 in the key.
    expect(emailOf(`${'\ufdf2'.repeat(21)}@example.com`)).toBeDefined()
    expect(emailOf(`${'\ufdf2'.repeat(21)}@${domain(120)}`)).toBeUndefined()
  })

  it('a megabyte is refused at once', () => {
    expect(parseEmailAddress(`${'a.'.repeat(500_000)}@example.com`)).toBeUndefined()
  })
})

describe('addresses that look alike have one key', () => {
  it.each([
    ['a ligature', 'o\ufb03ce@example.com', 'office@example.com'],
    ['full-width letters', '\uff41\uff44\uff41@example.com', 'ada@example.com'],
    ['a superscript', 'ada\u00b2@example.com', 'ada2@example.com'],
    ['long s', 'mi\u017fs@example.com', 'miss@example.com'],
    ['upper-case letters beyond ASCII', '\u00c9MILE@example.com', '\u00e9mile@example.com'],
    [
      'Greek final sigma',
      '\u03bb\u03cc\u03b3\u03bf\u03c2@example.com',
      '\u039b\u038c\u0393\u039f\u03a3@example.com',
    ],
    [
      'Greek sigma that is not final',
      '\u03bb\u03cc\u03b3\u03bf\u03c3@example.com',
      '\u03bb\u03cc\u03b3\u03bf\u03c2@example.com',
    ],
    ['an IDN and its punycode', 'a@b\u00fccher.example', 'a@xn--bcher-kva.example'],
  ])('%s', (_, one, other) => {
    expect(keyOf(one)).toBeDefined()
    expect(keyOf(one)).toBe(keyOf(other))
  })

  it('but mail goes only to the one that was registered', () => {
    expect(emailOf('o\ufb03ce@example.com')).toBe('o\ufb03ce@example.com')
  })

  it('while the Turkish dotless i and dotted capital I are other letters', () => {
    const keys = ['mike', 'm\u0131ke', 'm\u0130ke'].map((local) => keyOf(`${local}@example.com`))
    expect(new Set(keys).size).toBe(3)
  })

  it('so the second one is taken, and the address is shown as it was registered', async () => {
    const { post: send } = under({ ALLOW_INTERNATIONAL_LOCAL_PARTS: 'true' })
    const register = (email: string) =>
      send('/api/v1/auth/register', { email, password: PASSWORD, full_name: 'Ada Lovelace' })
    expect((await register('  Sta\ufb00@B\u00fccher.Example ')).body.email).toBe(
      'sta\ufb00@xn--bcher-kva.example',
    )
    expect((await register('staff@xn--bcher-kva.example')).body.code).toBe('email_taken')
    expect((await register('STAFF@b\u00fccher.example')).body.code).toBe('email_taken')
    expect(named(await register('staff@b\u00fccher'))).toEqual(['email invalid_email'])
    const form = { email: 'staff@b\u00fccher.example', password: PASSWORD, full_name: 'Ada' }
    expect((await call('POST', '/api/v1/auth/register', form, { form: true })).status).toBe(409)
  })
})

describe('canonicalisation', () => {
  const typed = fc.oneof(
    fc.emailAddress(),
    fc
      .tuple(fc.string({ unit: 'binary', maxLength: 12 }), fc.domain())
      .map(([local, domain]) => `${local}@${domain}`),
    fc
      .tuple(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
        fc.string({ unit: 'grapheme', maxLength: 8 }),
      )
      .map(([local, label]) => `${local}@${label}.example`),
  )

  it('is idempotent: of the address and of its key', () => {
    fc.assert(
      fc.property(typed, (text) => {
        const address = parseEmailAddress(text)
        if (!address) return
        expect(parseEmailAddress(address.email)).toEqual(address)
        expect(keyOf(address.key)).toBe(address.key)
      }),
      { numRuns: 3000 },
    )
  })

  it('does not care for ASCII case, spaces around or the form of accents', () => {
    fc.assert(
      fc.property(typed, (text) => {
        const key = keyOf(text)
        expect(keyOf(` ${text.normalize('NFD')} `)).toBe(key)
        expect(keyOf(text.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase()))).toBe(key)
      }),
      { numRuns: 1000 },
    )
  })

  it('gives ASCII domains, no controls, one @ and at most 254 bytes', () => {
    fc.assert(
      fc.property(typed, (text) => {
        const address = parseEmailAddress(text)
        for (const each of address ? [address.email, address.key] : []) {
          expect(each).toMatch(/^[^@\s\p{C}]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/u)
          expect(new TextEncoder().encode(each).length).toBeLessThanOrEqual(254)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
