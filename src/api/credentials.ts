import * as z from 'zod'
import { principalIfAny } from '../access/guard'
import { andKeysFields } from '../api-keys/and-keys'
import { REQUIRED_ACTIONS } from '../context'
import { changePassword } from '../credentials/change-password'
import { newAddressRules, newPasswordRules, tokenField } from '../credentials/fields'
import { currentPasswordField, passwordField } from '../credentials/password-policy'
import { requestPasswordReset } from '../credentials/request-password-reset'
import { resetPassword } from '../credentials/reset-password'
import { declineEmailChange } from '../email-change/decline-email-change'
import { requestEmailChange } from '../email-change/request-email-change'
import { undoEmailChange } from '../email-change/undo-email-change'
import { verifyEmailChange } from '../email-change/verify-email-change'
import { messageAnswer, messageSchema } from '../http/message'
import { route } from '../http/route'
import { STEP_UP_PROBLEMS, stepUpFields } from '../step-up/fields'
import { reauthenticate } from '../step-up/reauthenticate'
import { emailField } from '../users/email-address'
import { tokenRoute } from './token-route'

const TAG = 'Credentials'

const forgotRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/forgot-password',
    access: 'anyone',
    body: () => z.strictObject({ email: emailField }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Email a link to choose a new password',
      description:
        'A user who has not accepted an invitation gets no link. An admin can send the invitation again.',
      answers: { 202: messageSchema('The response is the same for every address') },
    },
  },
  async ({ deps, body }) => {
    await requestPasswordReset(deps, body.email)
    return messageAnswer('If an account with this address exists, it will receive an email', 202)
  },
)

const resetRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/reset-password',
    access: 'anyone',
    body: () =>
      z.strictObject({ token: tokenField, new_password: passwordField, ...andKeysFields }),
    refine: newPasswordRules('new_password'),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Set a new password with an emailed token',
      description:
        'Revokes every session and does not sign you in. The second factor stays on, unless it was set up before the address was verified. The current password is refused. If it was voided, the voided password is refused. With `keys`, your API keys are revoked too.',
      answers: { 200: messageSchema('The password is changed') },
      problems: ['invalid_token', 'too_many_attempts', 'effect_pending'],
    },
  },
  async ({ deps, body }) => {
    await resetPassword(deps, body.token, body.new_password, body)
    return messageAnswer('Password changed successfully')
  },
)

const verifyChangeRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/confirm-email-change',
    access: 'anyone',
    body: () => z.strictObject({ token: tokenField, password: currentPasswordField.optional() }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Confirm a change of email address',
      description:
        'Requires an access token of a session of the account, or the password of the account. The emailed token alone is not enough, because it only proves access to the mailbox. If both are missing, the response lists `password` as `required`. Sessions of other accounts and restricted sessions are ignored. A refused request does not use up the emailed token. An unverified registration with the new address is deleted.',
      answers: { 200: messageSchema('The address is changed') },
      problems: [
        'invalid_token',
        'incorrect_password',
        'password_expired',
        'two_factor_required',
        'too_many_attempts',
        'email_taken',
      ],
    },
  },
  async ({ deps, body, token: bearer }) => {
    const { token, password } = body
    const principal = await principalIfAny(deps, bearer)
    await verifyEmailChange(deps, { token, principal, password })
    return messageAnswer('Email changed successfully')
  },
)

const declineChangeRoute = tokenRoute(
  {
    path: '/api/v1/auth/decline-email-change',
    message: 'The email change was declined',
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Decline a change of email address that someone else requested',
      description:
        'For recipients of a confirmation email who do not own the account. The change is cancelled, and the account keeps its address.',
      done: 'The change is declined',
    },
  },
  declineEmailChange,
)

const undoChangeRoute = tokenRoute(
  {
    path: '/api/v1/auth/undo-email-change',
    message: 'Your previous address is restored. Choose a new password with the link in our email',
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Undo a change of email address',
      description:
        'Revokes every session, voids the password and emails a link to choose a new one. The second factor stays on. If it is not yours, ask an administrator to remove it. The undo link becomes invalid when an administrator sets an address or deactivates the account.',
      done: 'The address is restored',
      problems: ['email_taken', 'effect_pending'],
    },
  },
  undoEmailChange,
)

const changePasswordRoute = route(
  {
    method: 'post',
    path: '/api/v1/users/change-password',
    // The password can be changed before the second factor is set up, too.
    access: { requiredActions: REQUIRED_ACTIONS },
    body: () =>
      z.strictObject({
        current_password: currentPasswordField.optional().meta({
          description: 'Required unless you have no password',
        }),
        new_password: passwordField,
        ...andKeysFields,
      }),
    refine: newPasswordRules('new_password'),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Change your password',
      description:
        'Revokes all your sessions, including this one. With `keys`, your API keys are revoked too. If you have no password, a recent proof of who you are is required instead.',
      example: { current_password: 'Correct-Horse-7', new_password: 'Staple-Battery-8' },
      answers: { 200: messageSchema('The password is changed') },
      problems: ['incorrect_password', 'step_up_required', 'too_many_attempts', 'effect_pending'],
    },
  },
  async ({ deps, principal, body }) => {
    const { current_password: current, new_password: next } = body
    const stepUp = () => reauthenticate(deps, principal)
    await changePassword(deps, principal, { current, next, stepUp }, body)
    return messageAnswer('Password changed successfully')
  },
)

const changeEmailRoute = route(
  {
    method: 'post',
    path: '/api/v1/users/change-email',
    access: 'session',
    body: () =>
      z.strictObject({
        new_email: emailField,
        ...stepUpFields,
      }),
    refine: newAddressRules('new_email'),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Change your email address',
      description:
        'The new address gets a link that confirms the change. The old address gets a link that undoes it. If you change back to an address that still has a valid undo link, the address you leave gets no undo link.',
      example: { new_email: 'ada@new.example', password: 'Correct-Horse-7' },
      answers: { 202: messageSchema('A confirmation email is sent if the address can be used') },
      problems: STEP_UP_PROBLEMS,
    },
  },
  async ({ deps, principal, body: { new_email: newEmail, ...proof } }) => {
    await requestEmailChange(deps, principal, { newEmail, proof })
    return messageAnswer('Confirm the change with the link in the email to the new address', 202)
  },
)

export const credentialRoutes = [
  forgotRoute,
  resetRoute,
  verifyChangeRoute,
  declineChangeRoute,
  undoChangeRoute,
  changePasswordRoute,
  changeEmailRoute,
]
