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
import { Form, Hidden, Submit } from '../components/form'
import { NewPassword } from '../components/new-password'
import { askedField } from '../runtime/address'
import { formPage } from '../runtime/form-page'
import { shownAgain } from '../runtime/form-state'
import { redirect, page } from '../runtime/page'
import { isSpent, linkQuery, spentLink, tokenOf } from './mailed-links'

const forgot = formPage({
  path: '/forgot-password',
  access: 'anyone',
  query: z.object({ email: askedField }),
  fields: z.strictObject({ email: emailField }),
  show: ({ texts, query }) => {
    const { signedOut } = texts
    const email = shownAgain(query.email ?? '')
    return {
      title: signedOut.forgot.title,
      lead: signedOut.forgot.lead,
      main: (
        <>
          <Form action="/forgot-password" values={{ email }}>
            <EmailField isFirst />
            <Submit class="wide">{signedOut.forgot.submit}</Submit>
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

const reset = formPage({
  path: '/reset-password',
  access: 'anyone',
  query: linkQuery,
  fields: z.strictObject({ token: tokenField, new_password: passwordField }),
  refine: newPasswordRules('new_password'),
  show: async (request) => {
    const { texts, deps } = request
    const { signedOut } = texts
    const token = tokenOf(request)
    if (isSpent(request)) {
      const way = { href: '/forgot-password', label: signedOut.reset.askAgain }
      return spentLink(signedOut.reset.title, signedOut.reset.spent, way)
    }
    return {
      title: signedOut.reset.title,
      lead: signedOut.reset.lead,
      main: (
        <Form action="/reset-password">
          <Hidden name="token" value={token} />
          <AccountName
            address={await accountNameOfToken(deps, 'reset_password', pastedToken(token))}
          />
          <NewPassword config={deps.config} name="new_password" label={signedOut.newPassword} />
          <Submit class="wide">{signedOut.reset.submit}</Submit>
        </Form>
      ),
    }
  },
  submit: async ({ deps }, { token, new_password: password }) => {
    await resetPassword(deps, token, password)
    return redirect('/sign-in', {
      flash: 'password_reset',
      cookies: [{ name: 'session', value: null }],
    })
  },
})

/** An empty name keeps the one of the invitation. */
const nameOrNothing = z
  .string()
  .transform((text) => (text.trim() === '' ? undefined : text))
  .pipe(fullNameField.optional())
  .optional()

const accept = formPage({
  path: '/accept-invitation',
  access: 'anyone',
  query: linkQuery,
  fields: z.strictObject({ token: tokenField, full_name: nameOrNothing, password: passwordField }),
  refine: newPasswordRules('password'),
  show: async (request) => {
    const { texts, deps } = request
    const { signedOut } = texts
    const token = tokenOf(request)
    if (isSpent(request)) {
      const way = { href: '/', label: texts.layout.errorPage.toStart }
      return spentLink(signedOut.invitation.title, signedOut.invitation.spent, way)
    }
    return {
      title: signedOut.invitation.title,
      lead: signedOut.invitation.lead(deps.config.PRODUCT_NAME),
      main: (
        <Form action="/accept-invitation">
          <Hidden name="token" value={token} />
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
          <Submit class="wide">{signedOut.invitation.submit}</Submit>
        </Form>
      ),
    }
  },
  submit: async ({ deps }, { token, password, full_name: name }) => {
    await acceptInvitation(deps, token, password, name)
    return redirect('/sign-in', { flash: 'invitation_accepted' })
  },
})

export const passwordPages = [forgot, sent, reset, accept]
