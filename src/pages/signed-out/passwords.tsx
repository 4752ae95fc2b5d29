/** Passwords by email link: a forgotten one, and the first one of an invited user. */
import * as z from 'zod'
import { newPasswordRules, pastedToken, tokenField } from '../../credentials/fields'
import type { PasswordSet } from '../../credentials/new-password'
import { passwordField } from '../../credentials/password-policy'
import { requestPasswordReset } from '../../credentials/request-password-reset'
import { resetPassword } from '../../credentials/reset-password'
import { accountNameOfToken } from '../../one-time-tokens/one-time-token'
import { acceptInvitation } from '../../registration/accept-invitation'
import { signInAfterPasswordSet } from '../../sign-in/after-link'
import { emailField } from '../../users/email-address'
import { optionalNameField } from '../../users/profile-fields'
import { AccountName, EmailField, Field } from '../components/fields'
import { Form } from '../components/form'
import { NewPassword } from '../components/new-password'
import { askedField } from '../runtime/address'
import { formPage } from '../runtime/form-page'
import { shownAgain } from '../runtime/form-state'
import { endVisit, type FlashName, page, redirect } from '../runtime/page'
import { type Browser, linkPage } from './link-page'
import { passkeyInsteadPages } from './link-passkey'
import { goOn } from './sign-in'

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

/** Signs in with the password that was just set; undefined if the user has to do it by the form. */
async function signInBy(browser: Browser, set: PasswordSet, flash?: FlashName) {
  const answer = await signInAfterPasswordSet(browser.deps, set)
  if (!answer) return undefined
  const to = await goOn(browser, answer, '/account')
  return 'access_token' in answer ? { ...to, flash } : to
}

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
  access: 'visitor',
  use: async (deps, { token, new_password: password }, browser) =>
    signInBy(browser, await resetPassword(deps, token, password), 'password_reset_signed_in'),
  leadsTo: endVisit('password_reset'),
  whenSpent: ({ signedOut }) => ({ href: '/forgot-password', label: signedOut.reset.askAgain }),
})

const accept = linkPage({
  path: '/accept-invitation',
  words: ({ signedOut }) => signedOut.invitation,
  fields: () =>
    z.strictObject({ token: tokenField, full_name: optionalNameField, password: passwordField }),
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
      <div data-passkey-instead>
        <NewPassword config={deps.config} />
      </div>
    </>
  ),
  passkeyLead: ({ passkeys }) => passkeys.insteadLead,
  access: 'visitor',
  use: async (deps, { token, password, full_name: name }, browser) =>
    signInBy(browser, await acceptInvitation(deps, token, password, name)),
  leadsTo: redirect('/sign-in', { flash: 'invitation_accepted' }),
})

export const passwordPages = [
  forgot,
  sent,
  reset,
  accept,
  ...passkeyInsteadPages('accept_invitation', accept),
]
