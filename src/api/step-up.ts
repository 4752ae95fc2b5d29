import * as z from 'zod'
import { challengeField } from '../credentials/fields'
import { currentPasswordField } from '../credentials/password-policy'
import { codeField, recoveryCodeField } from '../factors/code-field'
import { route } from '../http/route'
import { assertionCredential } from '../passkeys/credential-field'
import { STEP_UP_PROBLEMS } from '../step-up/fields'
import { type Proof, stepUp } from '../step-up/reauthenticate'
import { iso } from '../time'

const fields = () => ({
  password: currentPasswordField.optional(),
  code: codeField.optional(),
  recovery_code: recoveryCodeField.optional(),
  passkey: z
    .strictObject({ challenge_token: challengeField, credential: assertionCredential() })
    .optional()
    .meta({ description: 'The response to the options of `/api/v1/auth/step-up/passkey/options`' }),
})

const NAMES = ['password', 'code', 'recovery_code', 'passkey'] as const
type Body = { readonly [N in (typeof NAMES)[number]]?: unknown }

const isExactlyOne = (body: Body) => NAMES.filter((name) => body[name] !== undefined).length === 1

const EXACTLY_ONE = {
  path: ['password'],
  message: 'Send exactly one of password, code, recovery_code and passkey',
  params: { code: 'required' },
  when: () => true,
}

const stepUpRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/step-up',
    access: { requiredActions: ['two_factor_required'] },
    body: () => z.strictObject(fields()).refine(isExactlyOne, EXACTLY_ONE),
    docs: __DOCS__ && {
      tag: 'Sessions',
      summary: 'Prove again who you are',
      description:
        'Sensitive actions ask for a recent proof, and a sign-in is one. If a request is refused with `step_up_required`, send one of the proofs that `step_up.methods` lists, and repeat the request. If you have a second factor or a passkey, a password alone is not enough. A proof by a second factor also lifts the restriction `two_factor_required` of the session. A recovery code works once. The access token stays the same.',
      example: { password: 'Correct-Horse-7' },
      answers: {
        200: {
          description: 'Until when the proof is good',
          schema: z.lazy(() => z.object({ step_up_until: z.iso.datetime() })),
        },
      },
      problems: [
        ...STEP_UP_PROBLEMS,
        { code: 'invalid_passkey', kind: 'malformed' },
        { code: 'invalid_challenge', kind: 'malformed' },
      ],
    },
  },
  async ({ deps, principal, body }) => {
    const until = await stepUp(deps, principal, proofOf(body))
    return { status: 200, body: { step_up_until: iso(until) } }
  },
)

type Sent = z.output<z.ZodObject<ReturnType<typeof fields>>>

const proofOf = ({ password, code, recovery_code: recoveryCode, passkey }: Sent): Proof => ({
  password,
  code,
  recoveryCode,
  ...(passkey && {
    passkey: { challengeToken: passkey.challenge_token, credential: passkey.credential },
  }),
})

export const stepUpRoutes = [stepUpRoute]
