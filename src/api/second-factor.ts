import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import { challengeField } from '../credentials/fields'
import { codeField, recoveryCodeField } from '../factors/code-field'
import { countRecoveryCodes } from '../factors/recovery-codes/recovery-codes'
import { renewRecoveryCodes } from '../factors/recovery-codes/renew'
import { disableSecondFactor } from '../factors/totp/disable'
import { enableSecondFactor } from '../factors/totp/enable'
import { setUpSecondFactor } from '../factors/totp/set-up'
import { messageAnswer, messageSchema } from '../http/message'
import { route } from '../http/route'
import { assertionCredential } from '../passkeys/credential-field'
import { SignInAnswer } from '../sign-in/complete'
import { verifySecondFactor } from '../sign-in/second-factor-step'
import { STEP_UP_PROBLEMS, stepUpFields } from '../step-up/fields'
import { reauthenticate } from '../step-up/reauthenticate'

const TAG = 'Second factor'

type OneOfThree = OneOfTwo & { credential?: unknown }
/** Exactly one of them. */
const isOneOfThree = ({ code, recovery_code, credential }: OneOfThree) =>
  [code, recovery_code, credential].filter((each) => each !== undefined).length === 1
const ONE_OF_THREE = {
  path: ['code'],
  message: 'Send either code, recovery_code or credential',
  params: { code: 'required' },
  when: () => true,
}

type OneOfTwo = { code?: string | undefined; recovery_code?: string | undefined }
const isAtMostOne = (body: OneOfTwo) => body.code === undefined || body.recovery_code === undefined
const ONE_OF_TWO = {
  path: ['code'],
  message: 'Send either code or recovery_code, not both',
  params: { code: 'required' },
  when: () => true,
}

const Codes = answerSchema(() =>
  z.object({ recovery_codes: z.array(z.string()) }).meta({ id: 'RecoveryCodes' }),
)

const verify = route(
  {
    method: 'post',
    path: '/api/v1/auth/2fa/verify',
    access: 'anyone',
    body: () =>
      z
        .strictObject({
          challenge_token: challengeField,
          code: codeField.optional(),
          recovery_code: recoveryCodeField.optional(),
          credential: assertionCredential().optional().meta({
            description:
              'The use of a passkey. `challenge_token` is then that of `/api/v1/auth/2fa/passkey/options`',
          }),
          user_id: z.int().optional(),
          trust_device: z.boolean().default(false).meta({
            description:
              'Answers `device_token`, with which this browser skips the second step from now on. Ignored if a role of the user demands two factors, or browsers cannot be trusted',
          }),
        })
        .refine(isOneOfThree, ONE_OF_THREE),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Complete a sign-in with the second factor',
      example: { challenge_token: 'challenge.eyJzdWJqZWN0Ijoi...', code: '123456' },
      answers: { 200: { description: 'Signed in', schema: SignInAnswer } },
      // `invalid_credentials` and `account_not_active`: what the first step proved holds no more.
      problems: [
        'invalid_2fa_code',
        'invalid_passkey',
        'invalid_challenge',
        'invalid_credentials',
        'account_not_active',
        'too_many_attempts',
      ],
    },
  },
  async ({ deps, body }) => ({
    status: 200,
    body: await verifySecondFactor(deps, {
      challengeToken: body.challenge_token,
      code: body.code,
      recoveryCode: body.recovery_code,
      credential: body.credential,
      userId: body.user_id,
      trustDevice: body.trust_device,
    }),
  }),
)

const status = route(
  {
    method: 'get',
    path: '/api/v1/users/2fa',
    access: { requiredActions: ['two_factor_required'] },
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Get the state of your second factor',
      answers: {
        200: {
          description: 'The state of the second factor',
          schema: z.lazy(() => z.object({ enabled: z.boolean(), recovery_codes_left: z.int() })),
        },
      },
    },
  },
  async ({ deps, principal }) => ({
    status: 200,
    body: {
      enabled: principal.isSecondFactorEnabled,
      recovery_codes_left: await countRecoveryCodes(deps, principal.userId),
    },
  }),
)

const setup = route(
  {
    method: 'post',
    path: '/api/v1/users/2fa/setup',
    access: { requiredActions: ['two_factor_required'] },
    body: () => z.strictObject({ password: stepUpFields.password }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Start setting up a second factor',
      description:
        'The second factor stays off until you send a code to `/api/v1/users/2fa/enable`.',
      example: { password: 'Correct-Horse-7' },
      answers: {
        200: {
          description: 'The secret as text, URI and QR code',
          schema: z.lazy(() =>
            z.object({
              secret: z.string(),
              otpauth_uri: z.string(),
              qr_code_svg: z.string(),
              expires_in: z.int().meta({ description: 'Seconds until the setup expires' }),
            }),
          ),
        },
      },
      problems: ['two_factor_already_on', ...STEP_UP_PROBLEMS],
    },
  },
  async ({ deps, principal, body }) => ({
    status: 200,
    body: await setUpSecondFactor(deps, principal, () => reauthenticate(deps, principal, body)),
  }),
)

const enable = route(
  {
    method: 'post',
    path: '/api/v1/users/2fa/enable',
    access: { requiredActions: ['two_factor_required'] },
    body: () => z.strictObject({ code: codeField }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Turn on the second factor',
      description:
        'Revokes your other sessions. The recovery codes are shown only once. After `effect_pending`, generate new ones.',
      answers: { 200: { description: 'Ten recovery codes', schema: Codes } },
      problems: [
        'no_pending_setup',
        'two_factor_already_on',
        { code: 'invalid_2fa_code', kind: 'malformed' },
        'too_many_attempts',
        'effect_pending',
      ],
    },
  },
  async ({ deps, principal, body }) => ({
    status: 200,
    body: { recovery_codes: await enableSecondFactor(deps, principal, body.code) },
  }),
)

const disable = route(
  {
    method: 'post',
    path: '/api/v1/users/2fa/disable',
    access: 'session',
    body: () =>
      z
        .strictObject({
          ...stepUpFields,
          recovery_code: recoveryCodeField.optional(),
        })
        .refine(isAtMostOne, ONE_OF_TWO),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Turn off the second factor',
      description: 'Revokes your other sessions.',
      example: { password: 'Correct-Horse-7', code: '123456' },
      answers: { 200: messageSchema('The second factor is off') },
      problems: ['two_factor_not_on', 'effect_pending', ...STEP_UP_PROBLEMS],
    },
  },
  async ({ deps, principal, body: { password, code, recovery_code: recoveryCode } }) => {
    const proof = { password, code, recoveryCode }
    await disableSecondFactor(deps, principal, () => reauthenticate(deps, principal, proof))
    return messageAnswer('Two-factor authentication is off')
  },
)

const renew = route(
  {
    method: 'post',
    path: '/api/v1/users/2fa/recovery-codes',
    access: 'session',
    body: () => z.strictObject(stepUpFields),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Generate new recovery codes',
      description: 'The old codes become invalid.',
      example: { password: 'Correct-Horse-7', code: '123456' },
      answers: { 200: { description: 'Ten recovery codes', schema: Codes } },
      problems: ['two_factor_not_on', ...STEP_UP_PROBLEMS],
    },
  },
  async ({ deps, principal, body }) => {
    const stepUp = () => reauthenticate(deps, principal, body)
    const codes = await renewRecoveryCodes(deps, principal, stepUp)
    return { status: 200, body: { recovery_codes: codes } }
  },
)

export const secondFactorRoutes = [verify, status, setup, enable, disable, renew]
