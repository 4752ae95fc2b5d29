/** The request fields of a step-up, and the problems that it can answer with. */
import { currentPasswordField } from '../credentials/password-policy'
import { codeField } from '../factors/code-field'
import type { DocumentedProblem } from '../http/route'

/** For a route that asks a signed-in caller for the password again (reauthenticate.ts). */
export const stepUpFields = {
  password: currentPasswordField,
  code: codeField.optional().meta({ description: 'Required if your second factor is on' }),
}
export const STEP_UP_PROBLEMS: readonly DocumentedProblem[] = [
  'incorrect_password',
  { code: 'invalid_2fa_code', kind: 'malformed' },
  'too_many_attempts',
]
