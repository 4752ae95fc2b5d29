/** The password rules: profiles, single settings, common passwords in disguise, personal words. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { commonWords, isCommonPassword } from '../../src/credentials/common-passwords'
import list from '../../src/credentials/common-passwords.txt'
import {
  checkPassword,
  passwordExpiresAt,
  passwordField,
  passwordRules,
  PasswordRules,
} from '../../src/credentials/password-policy'
import { normalizePassword } from '../../src/crypto/password-hash'

const settings = (more: Partial<Parameters<typeof passwordRules>[0]> = {}) => ({
  PASSWORD_PROFILE: 'classic' as const,
  PASSWORD_MIN_LENGTH: undefined,
  PASSWORD_REQUIRE_CLASSES: undefined,
  PASSWORD_MAX_AGE_DAYS: undefined,
  BREACH_CHECK_URL: undefined,
  PRODUCT_NAME: 'Gatehouse',
  ...more,
})
const classic = passwordRules(settings())
const nist = passwordRules(settings({ PASSWORD_PROFILE: 'nist' }))
const ada = { email: 'ada.byron+news@example.com', fullName: 'Augusta Ada Byron' }
const codes = (password: string, rules = classic, person = ada) =>
  checkPassword(rules, password, person).map(({ code }) => code)

describe('rules in force', () => {
  it('the classic profile is the requirements: 8 characters, four classes, 90 days', () => {
    expect(classic).toMatchObject({ min_length: 8, max_length: 256, max_age_days: 90 })
    expect(classic).toMatchObject({ require_uppercase: true, require_lowercase: true })
    expect(classic).toMatchObject({ require_digit: true, require_special: true })
  })

  it('the nist profile is 15 characters, no classes, no expiry', () => {
    expect(nist).toMatchObject({ min_length: 15, require_special: false, max_age_days: null })
  })

  it('each number is also its own setting', () => {
    const rules = passwordRules(
      settings({
        PASSWORD_PROFILE: 'nist',
        PASSWORD_MIN_LENGTH: 12,
        PASSWORD_REQUIRE_CLASSES: true,
        PASSWORD_MAX_AGE_DAYS: 30,
      }),
    )
    expect(rules).toMatchObject({ min_length: 12, require_digit: true, max_age_days: 30 })
    expect(passwordRules(settings({ PASSWORD_MAX_AGE_DAYS: 0 })).max_age_days).toBeNull()
  })

  it('a zod schema describes them to the last key', () => {
    expect(PasswordRules.unwrap().strict().parse(classic)).toEqual(classic)
    expect(PasswordRules.unwrap().strict().parse(nist)).toEqual(nist)
  })

  it('a password expires so many days after it was set, or never', () => {
    expect(passwordExpiresAt(classic, 1_000)).toBe(1_000 + 90 * 86_400_000)
    expect(passwordExpiresAt(nist, 1_000)).toBeNull()
  })
})

describe('length and classes', () => {
  it('all failing rules come at once, in the words of the requirements', () => {
    expect(checkPassword(classic, 'é', ada, 'new_password')).toEqual(
      [
        ['password_too_short', 'Password must be at least 8 characters'],
        ['password_no_uppercase', 'Password must contain at least one uppercase letter'],
        ['password_no_digit', 'Password must contain at least one digit'],
        ['password_no_special', 'Password must contain at least one special character'],
      ].map(([code, message]) => ({ path: 'new_password', code, message })),
    )
    expect(codes('7GR#XQ2MZP')).toEqual(['password_no_lowercase'])
  })

  it('every special character of the requirements counts, and so does any other sign', () => {
    for (const sign of '!@#$%^&*(),.?":{}|<>-_~€§') expect(codes(`xK9mQ2vLw${sign}`)).toEqual([])
  })

  it('a letter of any script, a digit of any script and a space are no special characters', () => {
    for (const char of ['ß', '語', '٣', ' ', '\u0301']) {
      expect(codes(`xK9mQ2vL${char}w`)).toEqual(['password_no_special'])
    }
  })

  it('length counts characters, not code units, after composing them', () => {
    expect(codes('🦊🐻🐼🐨🐯🦁🐮Aa1')).toEqual([])
    expect(codes('🦊🐻🐼🐨Aa1')).toEqual(['password_too_short'])
    expect(codes('Q7#mu\u0308n\u0303z')).toEqual(['password_too_short'])
  })

  it('256 characters are taken and 257 are not', () => {
    const long = (chars: number) => Array.from('xK9#mQ2$vL🦊'.repeat(30)).slice(0, chars).join('')
    expect(codes(long(256))).toEqual([])
    expect(codes(long(257))).toEqual(['password_too_long'])
    expect(codes('語'.repeat(257))).toHaveLength(5)
  })

  it('spaces count and are never trimmed', () => {
    expect(normalizePassword('  a\u0301 ')).toBe('  á ')
    expect(codes(' horse battery ', nist)).toEqual([])
  })

  it.each(['Aa1!\u0000xyzw', 'Aa1!xyzw\ud800', '\udc00Aa1!xyzw', 'Aa1!xyzw\n'])(
    'broken text is refused by one code: %j',
    (password) => {
      expect(codes(password)).toEqual(['password_malformed'])
      expect(passwordField.safeParse(password).error?.issues).toMatchObject([
        { params: { code: 'password_malformed' } },
      ])
    },
  )

  it('the field takes any other text up to 1,024 code units as it is', () => {
    expect(passwordField.parse(' e\u0301 ')).toBe(' e\u0301 ')
    expect(passwordField.safeParse('x'.repeat(1024)).success).toBe(true)
    expect(passwordField.safeParse('x'.repeat(1025)).success).toBe(false)
    expect(passwordField.safeParse(12345678).success).toBe(false)
  })
})

describe('common passwords', () => {
  it('the list has more than 10,000 words and takes at most 60 KiB gzipped', async () => {
    const zipped = new Response(list).body?.pipeThrough(new CompressionStream('gzip'))
    const { byteLength } = await new Response(zipped ?? null).arrayBuffer()
    expect(byteLength).toBeLessThanOrEqual(60 * 1024)
    const words = commonWords()
    expect(words.length).toBeGreaterThan(10_000)
    expect(words).not.toContain('')
    expect(words).toEqual([...new Set(words)].toSorted())
  })

  it.each(
    `Password1! P@ssw0rd P@$$w0rd2026! Summer2026! Welcome2024! Qwerty123! Pa55word! Iloveyou12!
    Letmein#2025 Abc12345! 1qaz@WSX !QAZ2wsx Passw0rd!!! Dragon#1999 Changeme1! Aaaaaa1!
    123Monkey! Password123456789! Passwort1! Gatehouse1! G@tehouse2026`.split(/\s+/),
  )('%s is a common one in disguise', (password) => {
    expect(codes(password)).toContain('password_too_common')
  })

  it.each([
    'passwordpassword',
    'Password1!Password1!',
    'aaaaaaaaaaaaaaaaaaaa',
    'abcabcabcabcabcabc',
    '123456789012345',
    'qwertyuiopasdfghjkl',
    'abcdefghijklmnopqrst',
    'football12345678',
  ])('%s is long but no better', (password) => {
    expect(codes(password, nist)).toEqual(['password_too_common'])
  })

  it.each(['Tr0ub4dor&3', 'Correct-Horse-7', 'xK9#mQ2$vL', 'Monkey-Business-42', 'Love9472816!'])(
    '%s passes',
    (password) => {
      expect(codes(password)).toEqual([])
    },
  )

  it('a passphrase passes although a common password is inside', () => {
    for (const words of [
      'my password is a secret',
      'purple monkey dishwasher',
      'iloveyou and pizza',
    ]) {
      expect(codes(words, nist)).toEqual([])
    }
  })

  it('every listed word is refused in every plain disguise', () => {
    const words = commonWords()
    for (let at = 0; at < words.length; at += 97) {
      const word = words[at] ?? ''
      const title = word.charAt(0).toUpperCase() + word.slice(1)
      const disguises = [word, word.toUpperCase(), `${title}!`, word + word]
      if (/^[a-z].*[a-z]$/.test(word)) disguises.push(`${title}7!`, `42${title}?`)
      for (const disguise of disguises) expect(isCommonPassword(disguise), disguise).toBe(true)
    }
  })

  it('random passwords of ten characters are not mistaken for common ones', () => {
    const random = fc.string({
      unit: fc.constantFrom(...'abkmxzAGQRTZ2379!#%+'.split('')),
      minLength: 10,
      maxLength: 16,
    })
    const refused = fc.sample(random, 2000).filter((password) => isCommonPassword(password))
    expect(refused.length).toBeLessThan(4)
  })

  it('whatever the text, there is a verdict', () => {
    const rules = { ...nist, min_length: 0 }
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        checkPassword(rules, text, ada)
      }),
      { numRuns: 100 },
    )
    for (const unit of ['1', 'a1', '1a!', 'q', '$5s'])
      expect(isCommonPassword(unit.repeat(256).slice(0, 256))).toBeTypeOf('boolean')
  })
})

describe('personal words', () => {
  it.each([
    'Ada.byron+news@example.com7',
    'xx-Ada.Byron-77',
    '#1AdaByron',
    'zq&BYRON42',
    'zq&8yr0n42Byr0n',
  ])('%s contains the address or its local part', (password) => {
    expect(codes(password)).toContain('password_contains_email')
  })

  it.each(['zq&AUGUSTA42', 'Zq&@ugu$ta42', 'Zq&aÚgusta42'])('%s contains the name', (password) => {
    expect(codes(password)).toEqual(['password_contains_name'])
  })

  it('accents make no difference either way', () => {
    const jose = { email: 'x@example.com', fullName: 'José Núñez' }
    expect(codes('zq&Nunez4242', classic, jose)).toEqual(['password_contains_name'])
    expect(codes('zq&NÚÑEZa4242', classic, jose)).toEqual(['password_contains_name'])
  })

  it('a name of two ideographs is a name', () => {
    const person = { email: 'x@example.com', fullName: '王 小明' }
    expect(codes('zQ&42小明kk', classic, person)).toEqual(['password_contains_name'])
  })

  it('short parts refuse nothing by themselves', () => {
    const al = { email: 'al@example.com', fullName: 'Al Li' }
    expect(codes('Coral&Wallet-42', classic, al)).toEqual([])
    expect(codes('zq&Alli4242', classic, al)).toEqual(['password_contains_name'])
  })

  it('an address or a name without anything telling refuses nothing', () => {
    for (const person of [
      { email: '', fullName: '' },
      { email: '@', fullName: ' - ' },
    ]) {
      expect(codes('xK9#mQ2$vL', classic, person)).toEqual([])
    }
  })
})
