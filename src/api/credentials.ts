import * as z from 'zod'
import { andKeysFields } from '../api-keys/and-keys'
import { REQUIRED_ACTIONS } from '../context'
import { message, says } from '../http/message'
import { route } from '../http/route'
import { codeField } from '../factors/code-field'
import { principalIfAny } from '../access/guard'
import { emailField } from '../users/email-address'
import { requestEmailChange } from '../email-change/request-email-change'
import { changePassword } from '../credentials/change-password'
import { confirmEmailChange } from '../email-change/confirm-email-change'
import { declineEmailChange } from '../email-change/decline-email-change'
import { checkAddress, checkField, tokenField } from '../credentials/fields'
import { currentPasswordField, passwordField } from '../credentials/password-policy'
import { requestPasswordReset } from '../credentials/request-password-reset'
import { resetPassword } from '../credentials/reset-password'
import { undoEmailChange } from '../email-change/undo-email-change'

const TAG = 'Credentials'

const forgotRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/forgot-password',
    tag: TAG,
    summary: 'Mail a link to choose a new password',
    description: 'A user who has not accepted an invitation gets none: an admin sends it again.',
    access: 'anyone',
    body: z.strictObject({ email: emailField }),
    answers: { 202: says('The same for every address') },
  },
  async ({ deps, body }) => {
    await requestPasswordReset(deps, body.email)
    return message('If there is an account with this address, a mail is on its way', 202)
  },
)

const resetRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/reset-password',
    tag: TAG,
    summary: 'Choose a new password with a mailed token',
    description:
      'Ends every session and signs nobody in. The second factor stays, unless it was set up before the address was proved. The current password is refused, as is the last one if it has become void. With `keys` your API keys are revoked too.',
    access: 'anyone',
    body: z.strictObject({ token: tokenField, new_password: passwordField, ...andKeysFields }),
    alsoCheck: checkField('new_password'),
    answers: { 200: says('The password is changed') },
    problems: ['invalid_token', 'too_many_attempts', 'effect_pending'],
  },
  async ({ deps, body }) => {
    await resetPassword(deps, body.token, body.new_password, body)
    return message('Password changed successfully')
  },
)

const confirmChangeRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/confirm-email-change',
    tag: TAG,
    summary: 'Use the address that the mail went to',
    description:
      'Asks for the access token of a session of the account that the change belongs to, or for its password: the mailed token alone proves a mailbox, not an account. With neither the answer names `password` as `required`. A session of another account, or a restricted one, counts for nothing. A refusal leaves the mailed token as it is. A registration with that address that nobody has confirmed is removed.',
    access: 'anyone',
    body: z.strictObject({ token: tokenField, password: currentPasswordField.optional() }),
    answers: { 200: says('The address is changed') },
    problems: [
      'invalid_token',
      'incorrect_password',
      'password_expired',
      'two_factor_required',
      'too_many_attempts',
      'email_taken',
    ],
  },
  async ({ deps, body, token: bearer }) => {
    const { token, password } = body
    const principal = await principalIfAny(deps, bearer)
    await confirmEmailChange(deps, { token, principal, password })
    return message('Email changed successfully')
  },
)

const declineChangeRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/decline-email-change',
    tag: TAG,
    summary: 'Decline a change of address that somebody else asked for',
    description:
      'For the reader of a mail that asks to confirm a change of address, when the account is not theirs: the change ends, and the account keeps its address.',
    access: 'anyone',
    body: z.strictObject({ token: tokenField }),
    answers: { 200: says('The change is declined') },
    problems: ['invalid_token'],
  },
  async ({ deps, body }) => {
    await declineEmailChange(deps, body.token)
    return message('The change of address was declined')
  },
)

const undoChangeRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/undo-email-change',
    tag: TAG,
    summary: 'Take a change of address back',
    description:
      'Ends every session, voids the password and mails a link to choose a new one. The second factor stays: if it is not yours, ask an administrator. The link ends when an administrator sets an address or deactivates the account.',
    access: 'anyone',
    body: z.strictObject({ token: tokenField }),
    answers: { 200: says('The address is back') },
    problems: ['invalid_token', 'email_taken', 'effect_pending'],
  },
  async ({ deps, body }) => {
    await undoEmailChange(deps, body.token)
    return message('Your address is back. Choose a new password with the link we have mailed')
  },
)

const changePasswordRoute = route(
  {
    method: 'post',
    path: '/api/v1/users/change-password',
    tag: TAG,
    summary: 'Change your password',
    description:
      'Ends all your sessions, this one too. With `keys` your API keys are revoked as well.',
    // The password can be changed before the second factor is set up, too.
    access: { cures: REQUIRED_ACTIONS },
    body: z.strictObject({
      current_password: currentPasswordField,
      new_password: passwordField,
      ...andKeysFields,
    }),
    alsoCheck: checkField('new_password'),
    answers: { 200: says('The password is changed') },
    problems: ['incorrect_password', 'too_many_attempts', 'effect_pending'],
  },
  async ({ deps, principal, body }) => {
    const { current_password: current, new_password: next } = body
    await changePassword(deps, principal, { current, next }, body)
    return message('Password changed successfully')
  },
)

const changeEmailRoute = route(
  {
    method: 'post',
    path: '/api/v1/users/change-email',
    tag: TAG,
    summary: 'Change your email address',
    description:
      'A mail to the new address confirms it; the old one gets a link that undoes it. After a move back to an address that such a link still keeps, the address that is left gets none.',
    access: 'session',
    body: z.strictObject({
      password: currentPasswordField,
      new_email: emailField,
      code: codeField.optional(),
    }),
    alsoCheck: checkAddress('new_email'),
    answers: { 202: says('A mail is on its way, if the address can be used') },
    problems: [
      'incorrect_password',
      { code: 'invalid_2fa_code', kind: 'malformed' },
      'too_many_attempts',
    ],
  },
  async ({ deps, principal, body }) => {
    const { password, new_email: newEmail, code } = body
    await requestEmailChange(deps, principal, { password, newEmail, code })
    return message('Confirm the change with the link that was mailed to the new address', 202)
  },
)

export const credentialRoutes = [
  forgotRoute,
  resetRoute,
  confirmChangeRoute,
  declineChangeRoute,
  undoChangeRoute,
  changePasswordRoute,
  changeEmailRoute,
]
