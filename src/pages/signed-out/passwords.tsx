/** Passwords by email link: a forgotten one, and the first one of an invited user. */
import * as z from 'zod'
import { newPasswordRules, pastedToken, tokenField } from '../../credentials/fields'
import { passwordField } from '../../credentials/password-policy'
import { requestPasswordReset } from '../../credentials/request-password-reset'
import { resetPassword } from '../../credentials/reset-password'
import { accountNameOfToken } from '../../one-time-tokens/one-time-token'
import { acceptInvitation } from '../../registration/accept-invitation'
import { emailField } from '../../users/email-address'
import { fullNameField } from '../../users/profile-fields'
import { AccountName, EmailField, Field } from '../components/fields'
import { Form } from '../components/form'
import { NewPassword } from '../components/new-password'
import { askedField } from '../runtime/address'
import { formPage } from '../runtime/form-page'
import { shownAgain } from '../runtime/form-state'
import { endVisit, page, redirect } from '../runtime/page'
import { linkPage } from './link-page'

const forgot = formPage({
  path: '/forgot-password',
  access: 'anyone',
  query: () => z.object({ email: askedField }),
  fields: () => z.strictObject({ email: emailField }),
  show: ({ texts, query }) => {
    const { signedOut } = texts
    const email = shownAgain(query.email ?? '')
    return {
      title: signedOut.forgot.title,
      lead: signedOut.forgot.lead,
      main: (
        <>
          <Form
            action="/forgot-password"
            values={{ email }}
            submit={signedOut.forgot.submit}
            isWide
          >
            <EmailField isFirst />
          </Form>
          <p class="card-foot">
            <a href="/sign-in">{signedOut.back}</a>
          </p>
        </>
      ),
    }
  },
  submit: async ({ deps }, { email }) => {
    await requestPasswordReset(deps, email)
    return redirect('/forgot-password/sent')
  },
})

const sent = page({
  path: '/forgot-password/sent',
  access: 'anyone',
  show: ({ texts: { signedOut } }) => ({
    title: signedOut.forgot.sentTitle,
    lead: signedOut.forgot.sent,
    main: (
      <>
        <p class="meta">{signedOut.forgot.wait}</p>
        <p class="card-foot spread">
          <a href="/sign-in">{signedOut.back}</a>
          <a href="/forgot-password">{signedOut.forgot.again}</a>
        </p>
      </>
    ),
  }),
})

const reset = linkPage({
  path: '/reset-password',
  words: ({ signedOut }) => signedOut.reset,
  fields: () => z.strictObject({ token: tokenField, new_password: passwordField }),
  refine: newPasswordRules('new_password'),
  ask: async (deps, token, { signedOut }) => (
    <>
      <AccountName address={await accountNameOfToken(deps, 'reset_password', pastedToken(token))} />
      <NewPassword config={deps.config} name="new_password" label={signedOut.newPassword} />
    </>
  ),
  use: (deps, { token, new_password: password }) => resetPassword(deps, token, password),
  leadsTo: endVisit('password_reset'),
  whenSpent: ({ signedOut }) => ({ href: '/forgot-password', label: signedOut.reset.askAgain }),
})

/** An empty name keeps the one of the invitation. */
const nameOrNothing = z
  .string()
  .transform((text) => (text.trim() === '' ? undefined : text))
  .pipe(fullNameField.optional())
  .optional()

const accept = linkPage({
  path: '/accept-invitation',
  words: ({ signedOut }) => signedOut.invitation,
  fields: () =>
    z.strictObject({ token: tokenField, full_name: nameOrNothing, password: passwordField }),
  refine: newPasswordRules('password'),
  ask: async (deps, token, { signedOut }) => (
    <>
      <AccountName
        address={await accountNameOfToken(deps, 'accept_invitation', pastedToken(token))}
      />
      <Field
        name="full_name"
        label={signedOut.fullName}
        hint={signedOut.invitation.nameHint}
        autocomplete="name"
        isOptional
      />
      <NewPassword config={deps.config} />
    </>
  ),
  use: (deps, { token, password, full_name: name }) =>
    acceptInvitation(deps, token, password, name),
  leadsTo: redirect('/sign-in', { flash: 'invitation_accepted' }),
})

export const passwordPages = [forgot, sent, reset, accept]
