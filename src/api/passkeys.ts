import * as z from 'zod'
import { challengeField } from '../credentials/fields'
import { messageAnswer, messageSchema } from '../http/message'
import { route } from '../http/route'
import { presentedPasskeyFields } from '../passkeys/fields'
import { originsOf } from '../passkeys/origins'
import { SignInAnswer } from '../sign-in/complete'
import { signInByPasskey, signInOptions } from '../sign-in/passkey-step'
import { secondStepOptions } from '../sign-in/second-factor-options'
import { stepUpOptions } from '../step-up/passkey-options'
import { undoSignInMethod } from '../step-up/undo-sign-in-method'
import { ASSERTION_EXAMPLE, PasskeyRequest } from './passkey-schemas'

export const TAG = 'Passkeys'

const theRequest = { description: 'What the browser needs', schema: PasskeyRequest }

const optionsRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/passkey/options',
    access: 'anyone',
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Get a challenge to sign in by passkey',
      description:
        'Takes no user name, and answers the same to everybody. The browser offers the passkeys of this service.',
      answers: { 200: theRequest },
    },
  },
  async ({ deps }) => ({ status: 200, body: await signInOptions(deps) }),
)

const verifyRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/passkey/verify',
    access: 'anyone',
    body: () =>
      z.strictObject({ ...presentedPasskeyFields(), remember_me: z.boolean().default(false) }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Sign in by passkey',
      description:
        'A passkey that verified its user (by PIN, finger or face) is a whole sign-in. No second factor is asked for.',
      example: { ...ASSERTION_EXAMPLE, remember_me: true },
      answers: { 200: { description: 'The tokens', schema: SignInAnswer } },
      problems: [
        'invalid_challenge',
        'unknown_passkey',
        'invalid_passkey',
        'account_not_active',
        'too_many_attempts',
      ],
    },
  },
  async ({ deps, body }) => ({
    status: 200,
    body: await signInByPasskey(deps, {
      challengeToken: body.challenge_token,
      credential: body.credential,
      rememberMe: body.remember_me,
    }),
  }),
)

const secondStepRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/2fa/passkey/options',
    access: 'anyone',
    body: () => z.strictObject({ challenge_token: challengeField }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Get a challenge to complete a sign-in by passkey',
      description:
        'Send the credential to `/api/v1/auth/2fa/verify`, with the `challenge_token` of this answer.',
      example: { challenge_token: 'challenge.eyJzdWJqZWN0Ijoi...' },
      answers: { 200: theRequest },
      problems: ['invalid_challenge', 'not_found'],
    },
  },
  async ({ deps, body }) => ({
    status: 200,
    body: await secondStepOptions(deps, body.challenge_token),
  }),
)

const stepUpRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/step-up/passkey/options',
    access: { requiredActions: ['two_factor_required'] },
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Get a challenge to confirm by passkey that it is you',
      answers: { 200: theRequest },
      problems: ['not_found'],
    },
  },
  async ({ deps, principal }) => ({ status: 200, body: await stepUpOptions(deps, principal) }),
)

const undoRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/undo-sign-in-method',
    access: 'anyone',
    body: () => z.strictObject({ token: challengeField }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Remove an added passkey or trusted browser by the emailed link',
      description: 'Revokes all sessions of the user.',
      answers: { 200: messageSchema('It is removed, and all sessions are revoked') },
      problems: ['invalid_token', 'effect_pending'],
    },
  },
  async ({ deps, body }) => {
    await undoSignInMethod(deps, body.token)
    return messageAnswer('It has been removed, and all sessions have ended')
  },
)

/** Browsers and password managers may keep what is the same for everybody. */
const PUBLIC = { 'cache-control': 'public, max-age=300' }

const related = route(
  {
    method: 'get',
    path: '/.well-known/webauthn',
    access: 'anyone',
    docs: __DOCS__ && {
      tag: 'For machines',
      summary: 'Get the origins that may use these passkeys',
      description: 'Related origin requests (W3C WebAuthn Level 3, section 5.11).',
      answers: {
        200: {
          description: 'The origins',
          schema: z.lazy(() => z.object({ origins: z.array(z.string()) })),
        },
      },
    },
  },
  async ({ deps }) => ({
    status: 200,
    body: { origins: originsOf(deps.config) },
    headers: PUBLIC,
  }),
)

const endpoints = route(
  {
    method: 'get',
    path: '/.well-known/passkey-endpoints',
    access: 'anyone',
    docs: __DOCS__ && {
      tag: 'For machines',
      summary: 'Get the pages where users manage their passkeys',
      answers: {
        200: {
          description: 'Where to add and to manage passkeys',
          schema: z.lazy(() => z.object({ enroll: z.string(), manage: z.string() })),
        },
      },
    },
  },
  async ({ deps }) => {
    const page = `${deps.config.PUBLIC_URL}/account/passkeys`
    return { status: 200, body: { enroll: page, manage: page }, headers: PUBLIC }
  },
)

export const passkeyRoutes = [
  optionsRoute,
  verifyRoute,
  secondStepRoute,
  stepUpRoute,
  undoRoute,
  related,
  endpoints,
]
