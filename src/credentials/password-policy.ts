/**
 * The password policy, shared by registration, change, reset, invitation and setup. All failing
 * rules are reported at once, each with a stable code. Passwords are normalized to NFC and never
 * trimmed. Lengths count code points, so an emoji counts as one.
 * Sources: the requirements' Password Policies (profile `classic`), NIST SP 800-63B-4 section
 * 3.1.1.2 (profile `nist`), OWASP ASVS 5.0 V6.2.
 */
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import type { Config } from '../config'
import { normalizePassword } from '../crypto/password-hash'
import type { FieldIssue } from '../errors'
import type { LogSource } from '../log'
import { DAY_MS } from '../time'
import { isBreached } from './breach-check'
import { isCommonPassword } from './common-passwords'
import { containsEmail, containsName, type Person } from './personal-words'

const MAX_CHARS = 256
/** Limits the raw text in UTF-16 units, before it is normalized and its code points are counted. */
const MAX_RAW_CHARS = 1024
const MIN_CONTEXT_WORD_CHARS = 4

/** The rules in effect, as GET /auth/password-policy returns them. */
export const PasswordRules = answerSchema(() =>
  z.object({
    profile: z.enum(['classic', 'nist']),
    min_length: z.int(),
    max_length: z.int(),
    require_uppercase: z.boolean(),
    require_lowercase: z.boolean(),
    require_digit: z.boolean(),
    require_special: z.boolean(),
    max_age_days: z.int().nullable(),
    refuse_common: z.literal(true),
    refuse_personal: z.literal(true),
    refuse_breached: z.boolean(),
    context_words: z.array(z.string()),
  }),
)
export type PasswordRules = z.infer<typeof PasswordRules>

type PolicySettings = Pick<
  Config,
  | 'PASSWORD_PROFILE'
  | 'PASSWORD_MIN_LENGTH'
  | 'PASSWORD_REQUIRE_CLASSES'
  | 'PASSWORD_MAX_AGE_DAYS'
  | 'BREACH_CHECK_URL'
  | 'PRODUCT_NAME'
>

const PROFILES = {
  classic: { minLength: 8, requireClasses: true, maxAgeDays: 90 },
  nist: { minLength: 15, requireClasses: false, maxAgeDays: 0 },
}

/** The profile's rules, overridden by individual settings. A maximum age of 0 days means none. */
export function passwordRules(config: PolicySettings): PasswordRules {
  const profile = PROFILES[config.PASSWORD_PROFILE]
  const requiresClasses = config.PASSWORD_REQUIRE_CLASSES ?? profile.requireClasses
  return {
    profile: config.PASSWORD_PROFILE,
    min_length: config.PASSWORD_MIN_LENGTH ?? profile.minLength,
    max_length: MAX_CHARS,
    require_uppercase: requiresClasses,
    require_lowercase: requiresClasses,
    require_digit: requiresClasses,
    require_special: requiresClasses,
    max_age_days: (config.PASSWORD_MAX_AGE_DAYS ?? profile.maxAgeDays) || null,
    refuse_common: true,
    refuse_personal: true,
    refuse_breached: config.BREACH_CHECK_URL !== undefined,
    context_words: contextWords(config.PRODUCT_NAME),
  }
}

/** Users tend to try the product's name first (OWASP ASVS 5.0 6.2.11). */
function contextWords(productName: string): string[] {
  const words = productName.toLowerCase().split(/[^\p{L}\p{N}]+/u)
  const all = new Set([...words, words.join('')])
  return [...all].filter((word) => word.length >= MIN_CONTEXT_WORD_CHARS)
}

/** A lone surrogate would be hashed as U+FFFD, and a control character may be hard to type again. */
const isWellFormed = (text: string): boolean => text.isWellFormed() && !/\p{Cc}/u.test(text)
const MALFORMED = {
  code: 'password_malformed',
  message: 'Password must not contain control characters or broken Unicode',
}

/** A new password as received. Rejects only malformed text; `checkPassword` applies the policy. */
export const passwordField = z
  .string()
  .max(MAX_RAW_CHARS)
  .refine(isWellFormed, { message: MALFORMED.message, params: { code: MALFORMED.code } })

/**
 * Limits what is hashed at sign-in. Higher than the limit for new passwords, because imported ones
 * may be longer: Django and WordPress accept up to 4,096 characters.
 */
const MAX_CURRENT_CHARS = 4096

/**
 * An existing password, at sign-in and wherever it is asked for again. An imported one may contain
 * tabs and other control characters, but is never empty and never contains a NUL (see
 * crypto/foreign-hash.ts). Invalid text is rejected before any account is read.
 */
export const currentPasswordField = z
  .string()
  .min(1)
  .max(MAX_CURRENT_CHARS)
  .refine((text) => text.isWellFormed() && !text.includes('\0'), {
    message: 'Password must not contain NUL characters or broken Unicode',
    params: { code: MALFORMED.code },
  })

/** Anything but letters, digits and spaces: includes the requirements' `!@#$%^&*(),.?":{}|<>`. */
const SPECIAL = /[^\p{L}\p{M}\p{N}\s]/u
const contain = (what: string) => `contain at least one ${what}`

/** The rules that the password fails. `path` is the name of the request field, for the issues. */
export function checkPassword(
  rules: PasswordRules,
  password: string,
  person: Person,
  path = 'password',
): FieldIssue[] {
  if (!isWellFormed(password)) return [{ path, ...MALFORMED }]
  const text = normalizePassword(password)
  const length = Array.from(text).length
  const lacks = (kind: RegExp) => !kind.test(text)
  const issues: FieldIssue[] = []
  const refuse = (isBroken: boolean, code: string, rule: string) => {
    if (isBroken) issues.push({ path, code: `password_${code}`, message: `Password must ${rule}` })
  }
  refuse(length < rules.min_length, 'too_short', `be at least ${rules.min_length} characters`)
  const { require_uppercase, require_lowercase, require_digit, require_special } = rules
  refuse(require_uppercase && lacks(/\p{Uppercase}/u), 'no_uppercase', contain('uppercase letter'))
  refuse(require_lowercase && lacks(/\p{Lowercase}/u), 'no_lowercase', contain('lowercase letter'))
  refuse(require_digit && lacks(/\p{Nd}/u), 'no_digit', contain('digit'))
  refuse(require_special && lacks(SPECIAL), 'no_special', contain('special character'))
  refuse(length > rules.max_length, 'too_long', `be at most ${rules.max_length} characters`)
  if (length > rules.max_length) return issues
  refuse(isCommonPassword(text, rules.context_words), 'too_common', 'not be easy to guess')
  refuse(containsEmail(text, person.email), 'contains_email', 'not contain your email address')
  refuse(containsName(text, person.fullName), 'contains_name', 'not contain your name')
  return issues
}

/** `checkPassword`, and if it finds nothing, the breach check where one is configured (up to 1 s). */
export async function checkNewPassword(
  deps: LogSource & { readonly config: PolicySettings },
  password: string,
  person: Person,
  path = 'password',
): Promise<FieldIssue[]> {
  const issues = checkPassword(passwordRules(deps.config), password, person, path)
  if (issues.length > 0 || !(await isBreached(deps, normalizePassword(password)))) return issues
  const message = 'Password must not be one that was exposed in a data breach'
  return [{ path, code: 'password_breached', message }]
}

/** When a password set at that time expires, in milliseconds since the epoch; null if never. */
export const passwordExpiresAt = (rules: PasswordRules, changedAtMs: number): number | null =>
  rules.max_age_days === null ? null : changedAtMs + rules.max_age_days * DAY_MS
