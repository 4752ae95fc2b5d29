/**
 * Request fields shared by several routes, and checks that depend on the configuration and so run
 * beside the schema.
 */
import * as z from 'zod'
import type { Deps } from '../context'
import type { FieldIssue } from '../errors'
import { addressIssues, parseEmailAddress } from '../users/email-address'
import { checkPassword, passwordRules } from './password-policy'

const MAX_PASTED_CHARS = 2000

/**
 * Cleans up a token pasted from an email: removes spaces, line breaks (including those of
 * quoted-printable), brackets and quotes. No token contains any of these characters.
 */
export const pastedToken = (text: string): string =>
  text.length > MAX_PASTED_CHARS
    ? text
    : text
        .replaceAll(/=\r?\n/g, '')
        .normalize('NFKC')
        .replaceAll(/[\s\p{Cf}<>"'\u201c-\u201f\u00ab\u00bb]/gu, '')

const pasted = (most: number) =>
  z.string().transform(pastedToken).pipe(z.string().min(1).max(most)).meta({ maxLength: most })

export const tokenField = pasted(200)
export const challengeField = pasted(1000)

const text = (value: unknown) => (typeof value === 'string' ? value : '')
type Rules = (deps: Deps, raw: Readonly<Record<string, unknown>>) => FieldIssue[]

/** Combines several checks; their issues are reported together. */
export const allRules =
  (...rules: Rules[]): Rules =>
  (deps, raw) =>
    rules.flatMap((each) => each(deps, raw))

/** A new address for an account must be one that the mail provider accepts. */
export const newAddressRules =
  (field: 'email' | 'new_email'): Rules =>
  (deps, raw) => {
    const address = parseEmailAddress(text(raw[field]))
    return address ? addressIssues(deps.config, address, field) : []
  }

/** Checks a new password, so that its issues are reported with those of the other fields. */
export const newPasswordRules =
  (field: 'password' | 'new_password') =>
  (deps: Deps, raw: Readonly<Record<string, unknown>>): FieldIssue[] => {
    const person = { email: text(raw['email']), fullName: text(raw['full_name']) }
    const typed = raw[field]
    return typeof typed === 'string'
      ? checkPassword(passwordRules(deps.config), typed, person, field)
      : []
  }
