/** Fields that several routes take, and the rules of a new password beside a schema's own. */
import * as z from 'zod'
import type { Deps } from '../context'
import type { FieldIssue } from '../errors'
import { addressIssues, parseEmailAddress } from '../users/email-address'
import { checkPassword, passwordRules } from './password-policy'

const MAX_PASTED_CHARS = 2000

/**
 * A token as it comes out of a mail: without spaces, line breaks (also those of quoted-printable), and
 * the brackets or quotes that were around it. No token has any of these characters.
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
type Check = (deps: Deps, raw: Readonly<Record<string, unknown>>) => FieldIssue[]

/** Several rules beside a schema's own, named together. */
export const checkAll =
  (...checks: Check[]): Check =>
  (deps, raw) =>
    checks.flatMap((check) => check(deps, raw))

/** An address that an account is to get must be one that the mail provider takes. */
export const checkAddress =
  (field: 'email' | 'new_email'): Check =>
  (deps, raw) => {
    const address = parseEmailAddress(text(raw[field]))
    return address ? addressIssues(deps.config, address, field) : []
  }

/** The rules of a new password, named together with whatever else is wrong. */
export const checkField =
  (field: 'password' | 'new_password') =>
  (deps: Deps, raw: Readonly<Record<string, unknown>>): FieldIssue[] => {
    const person = { email: text(raw['email']), fullName: text(raw['full_name']) }
    const typed = raw[field]
    return typeof typed === 'string'
      ? checkPassword(passwordRules(deps.config), typed, person, field)
      : []
  }
