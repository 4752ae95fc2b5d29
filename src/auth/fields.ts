/** Fields that several routes take, and the rules of a new password beside a schema's own. */
import * as z from 'zod'
import type { Deps } from '../context'
import type { FieldIssue } from '../errors'
import type { DocumentedProblem } from '../http/route'
import { codeField } from '../two-factor/code-field'
import { checkPassword, passwordField, passwordRules } from './password-policy'

export const tokenField = z.string().min(1).max(200)

/** What a route takes that asks a signed-in caller for the password once more (prove-again.ts). */
export const proofFields = {
  password: passwordField,
  code: codeField.optional().meta({ description: 'Needed when your second factor is on' }),
}
export const PROOF_PROBLEMS: readonly DocumentedProblem[] = [
  'incorrect_password',
  { code: 'invalid_2fa_code', kind: 'malformed' },
  'too_many_attempts',
]

const text = (value: unknown) => (typeof value === 'string' ? value : '')
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
