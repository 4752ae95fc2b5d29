/** The request fields of a step-up, and the problems that it can answer with. */
import { currentPasswordField } from '../credentials/password-policy'
import { codeField } from '../factors/code-field'
import type { DocumentedProblem } from '../http/route'

/**
 * For a route whose body may hold the proof itself. Without one, the session's last proof counts
 * (reauthenticate.ts).
 */
export const stepUpFields = {
  password: currentPasswordField.optional().meta({
    description: 'Your password. Not needed if you have proved recently who you are',
  }),
  code: codeField.optional().meta({
    description:
      'A code of your second factor, if it is on. Not needed if you have proved recently who you are',
  }),
}

export const STEP_UP_PROBLEMS: readonly DocumentedProblem[] = [
  'step_up_required',
  'incorrect_password',
  { code: 'invalid_2fa_code', kind: 'malformed' },
  'too_many_attempts',
]
