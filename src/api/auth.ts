import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import { newAddressRules, allRules, newPasswordRules } from '../credentials/fields'
import {
  currentPasswordField,
  passwordField,
  PasswordRules,
  passwordRules,
} from '../credentials/password-policy'
import { messageAnswer, messageSchema } from '../http/message'
import { route } from '../http/route'
import { declineRegistration } from '../registration/decline-registration'
import { register } from '../registration/register'
import { resendVerification } from '../registration/resend-verification'
import { setUpAdmin } from '../registration/set-up-admin'
import { SignInAnswer } from '../sign-in/complete'
import { signIn } from '../sign-in/password-step'
import { refresh } from '../sign-in/refresh'
import { SECOND_STEP_METHODS } from '../sign-in/second-step-method'
import { emailField } from '../users/email-address'
import { fullNameField } from '../users/profile-fields'
import { User } from '../users/user-view'
import { tokenRoute } from './token-route'

const TAG = 'Sign-in'
const NewAccount = () =>
  z.strictObject({
    email: emailField,
    password: passwordField.meta({ example: 'Correct-Horse-7' }),
    full_name: fullNameField,
  })

const registerRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/register',
    access: 'anyone',
    body: NewAccount,
    refine: allRules(newAddressRules('email'), newPasswordRules('password')),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Register an account',
      description: 'Creates a pending account and emails a link that verifies the address.',
      answers: {
        201: { description: 'The pending account', schema: User },
        202: messageSchema('The response to every address if `HIDE_ACCOUNT_EXISTENCE` is set'),
      },
      problems: ['email_taken', 'too_many_attempts'],
    },
  },
  async ({ deps, body }) => {
    const { email, password, full_name: fullName } = body
    const user = await register(deps, { email, password, fullName })
    return user
      ? { status: 201, body: user }
      : messageAnswer('Check your email for a link to verify your address', 202)
  },
)

const resendRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/resend-verification',
    access: 'anyone',
    body: () => z.strictObject({ email: emailField }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Email a new verification link',
      answers: { 202: messageSchema('The response is the same for every address') },
    },
  },
  async ({ deps, body }) => {
    await resendVerification(deps, body.email)
    return messageAnswer(
      'If an account with this address is waiting for verification, it will receive an email',
      202,
    )
  },
)

const declineRoute = tokenRoute(
  {
    path: '/api/v1/auth/decline-registration',
    message: 'The account has been deleted',
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Delete a pending account that someone else registered with your address',
      done: 'The pending account is deleted',
    },
  },
  declineRegistration,
)

/** A text that is no token counts as no token: the second step is asked for. */
const deviceTokenField = z.string().max(1000)

/** `username` is OAuth2's name for what is an address here; `email` says the same. */
const SignIn = () =>
  z
    .strictObject({
      username: z.string().min(1).max(1000).optional(),
      email: z.string().min(1).max(1000).optional(),
      password: currentPasswordField,
      remember_me: z.boolean().default(false),
      device_token: deviceTokenField.optional().meta({
        description: 'Of a trusted browser, as its last sign-in answered it. Skips the second step',
      }),
      grant_type: z.literal('password').optional(),
      scope: z.string().max(1000).optional(),
      client_id: z.string().max(1000).optional(),
      client_secret: z.string().max(1000).optional(),
    })
    .refine((body) => (body.username === undefined) !== (body.email === undefined), {
      path: ['username'],
      message: 'Send either username or email, not both',
      params: { code: 'required' },
      // Also when other fields fail: all are named at once.
      when: () => true,
    })

const SignInOrChallenge = answerSchema(() =>
  z.union([
    SignInAnswer,
    z
      .object({
        requires_2fa: z.literal(true),
        user_id: z.int(),
        challenge_token: z.string(),
        expires_in: z.int().meta({ description: 'Seconds until the challenge expires' }),
        methods: z.array(z.enum(SECOND_STEP_METHODS)).meta({
          description: 'How the second step can be taken, the strongest first',
        }),
      })
      .meta({ id: 'SecondFactorRequired' }),
  ]),
)

const signInRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/login',
    access: 'anyone',
    body: SignIn,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Sign in',
      example: { username: 'ada@example.com', password: 'Correct-Horse-7', remember_me: true },
      answers: {
        200: { description: 'The tokens, or a second-factor challenge', schema: SignInOrChallenge },
      },
      problems: ['invalid_credentials', 'account_not_active', 'too_many_attempts'],
    },
  },
  async ({ deps, body }) => ({
    status: 200,
    body: await signIn(deps, {
      username: body.username ?? body.email ?? '',
      password: body.password,
      rememberMe: body.remember_me,
      deviceToken: body.device_token,
    }),
  }),
)

const refreshRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/refresh',
    access: 'anyone',
    body: () => z.strictObject({ refresh_token: z.string().min(1).max(1000) }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Exchange a refresh token for new tokens',
      answers: {
        200: { description: 'A new access token and refresh token', schema: SignInAnswer },
      },
      problems: ['invalid_refresh_token'],
    },
  },
  async ({ deps, body }) => ({ status: 200, body: await refresh(deps, body.refresh_token) }),
)

const policyRoute = route(
  {
    method: 'get',
    path: '/api/v1/auth/password-policy',
    access: 'anyone',
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Get the current password rules',
      answers: { 200: { description: 'The rules', schema: PasswordRules } },
    },
  },
  async ({ deps }) => ({ status: 200, body: passwordRules(deps.config) }),
)

const setupRoute = route(
  {
    method: 'post',
    path: '/api/v1/setup',
    access: 'anyone',
    body: () => NewAccount().extend({ token: z.string().trim().min(1).max(200) }),
    refine: allRules(newAddressRules('email'), newPasswordRules('password')),
    docs: __DOCS__ && {
      tag: 'Setup',
      summary: 'Create the first admin',
      description: 'Requires `SETUP_TOKEN`. Works once, and only while there is no admin.',
      answers: { 201: { description: 'The admin, with a verified address', schema: User } },
      problems: ['wrong_setup_token', 'not_found', 'email_taken', 'too_many_attempts'],
    },
  },
  async ({ deps, body }) => ({
    status: 201,
    body: await setUpAdmin(deps, {
      token: body.token,
      email: body.email,
      password: body.password,
      fullName: body.full_name,
    }),
  }),
)

export const authRoutes = [
  registerRoute,
  resendRoute,
  declineRoute,
  signInRoute,
  refreshRoute,
  policyRoute,
  setupRoute,
]
