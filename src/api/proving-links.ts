/** The emailed links that prove an address. The user may choose a passkey instead of a password. */
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import type { Deps } from '../context'
import { newPasswordRules, tokenField } from '../credentials/fields'
import { passwordField } from '../credentials/password-policy'
import { type DocumentedProblem, route } from '../http/route'
import { LINK_PURPOSES, type LinkPurpose, passkeyOptionsForLink } from '../passkeys/by-link'
import { newPasskeyFields } from '../passkeys/fields'
import { PasskeyView } from '../passkeys/passkey-view'
import { acceptInvitation } from '../registration/accept-invitation'
import { proveByPasskey } from '../registration/prove-by-passkey'
import { verifyEmail } from '../registration/verify-email'
import { fullNameField } from '../users/profile-fields'
import { PasskeyCreation } from './passkey-schemas'

const TAG = 'Sign-in'

const passkeyField = () => z.strictObject(newPasskeyFields())
type PasskeyField = z.output<ReturnType<typeof passkeyField>>

const Proved = answerSchema(() =>
  z
    .object({
      message: z.string(),
      passkey: PasskeyView.optional(),
      recovery_codes: z
        .array(z.string())
        .optional()
        .meta({ description: 'Ten codes with a passkey. They are shown only once' }),
    })
    .meta({ id: 'AddressProved' }),
)

const PASSKEY_PROBLEMS: readonly DocumentedProblem[] = [
  { code: 'invalid_challenge', kind: 'malformed' },
  { code: 'invalid_passkey', kind: 'malformed' },
  'passkey_taken',
  'limit_reached',
  'effect_pending',
]

async function byPasskey(
  deps: Deps,
  purpose: LinkPurpose,
  body: { token: string; full_name?: string | undefined },
  { challenge_token: challengeToken, credential, name }: PasskeyField,
) {
  const { passkey, recovery_codes } = await proveByPasskey(deps, {
    purpose,
    token: body.token,
    passkey: { challengeToken, credential, name },
    fullName: body.full_name,
  })
  return { passkey, recovery_codes }
}

const verify = route(
  {
    method: 'post',
    path: '/api/v1/auth/verify-email',
    access: 'anyone',
    body: () => z.strictObject({ token: tokenField, passkey: passkeyField().optional() }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Verify an email address',
      description: 'A `passkey` replaces the password that was typed at registration.',
      answers: { 200: { description: 'The account is active', schema: Proved } },
      problems: ['invalid_token', ...PASSKEY_PROBLEMS],
    },
  },
  async ({ deps, body }) => {
    const message = 'Email verified successfully'
    if (body.passkey) {
      const more = await byPasskey(deps, 'verify_email', body, body.passkey)
      return { status: 200, body: { message, ...more } }
    }
    await verifyEmail(deps, body.token)
    return { status: 200, body: { message } }
  },
)

const accept = route(
  {
    method: 'post',
    path: '/api/v1/auth/accept-invitation',
    access: 'anyone',
    body: () =>
      z
        .strictObject({
          token: tokenField,
          password: passwordField.optional(),
          passkey: passkeyField().optional(),
          full_name: fullNameField.optional(),
        })
        .refine((body) => (body.password === undefined) !== (body.passkey === undefined), {
          path: ['password'],
          message: 'Send either password or passkey, not both',
          params: { code: 'required' },
          // Also when other fields fail: all are named at once.
          when: () => true,
        }),
    refine: newPasswordRules('password'),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Accept an invitation',
      description:
        'The emailed token verifies the address. Sign in with the new password, or with the `passkey` that you send instead.',
      example: { token: 'xk3Jm0pQ...', password: 'Correct-Horse-7' },
      answers: { 200: { description: 'The account is active', schema: Proved } },
      problems: ['invalid_token', 'too_many_attempts', ...PASSKEY_PROBLEMS],
    },
  },
  async ({ deps, body }) => {
    const message = 'Invitation accepted. You can now sign in'
    const { token, password, passkey, full_name: fullName } = body
    if (passkey) {
      const more = await byPasskey(deps, 'accept_invitation', body, passkey)
      return { status: 200, body: { message, ...more } }
    }
    await acceptInvitation(deps, token, password ?? '', fullName)
    return { status: 200, body: { message } }
  },
)

const options = route(
  {
    method: 'post',
    path: '/api/v1/auth/passkey/options-by-link',
    access: 'anyone',
    body: () => z.strictObject({ purpose: z.enum(LINK_PURPOSES), token: tokenField }),
    docs: __DOCS__ && {
      tag: 'Passkeys',
      summary: 'Get a challenge to create a passkey by an emailed link',
      description:
        'Send the credential to `/api/v1/auth/accept-invitation` or `/api/v1/auth/verify-email`. Uses nothing up.',
      example: { purpose: 'accept_invitation', token: 'xk3Jm0pQ...' },
      answers: { 200: { description: 'What the browser needs', schema: PasskeyCreation } },
      problems: ['invalid_token'],
    },
  },
  async ({ deps, body }) => ({
    status: 200,
    body: await passkeyOptionsForLink(deps, body.purpose, body.token),
  }),
)

export const provingLinkRoutes = [verify, accept, options]
