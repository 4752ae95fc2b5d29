/** Passwords by email link: a forgotten one, and the first one of an invited user. */
import * as z from 'zod'
import { shownRequest } from '../../app-sign-in/authorize-path'
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
import { localPath, withNextInFlow } from '../runtime/local-path'
import { endVisit, type FlashName, page, redirect, type SeeOther } from '../runtime/page'
import { continueCookie, continuedPath } from './continue-cookie'
import { type Browser, linkPage } from './link-page'
import { passkeyInsteadPages } from './link-passkey'
import { goOn } from './sign-in'

const forgot = formPage({
  path: '/forgot-password',
  access: 'anyone',
  query: () => z.object({ email: askedField, next: askedField }),
  fields: () => z.strictObject({ email: emailField }),
  show: async ({ texts, query, deps }) => {
    const { signedOut } = texts
    const next = localPath(query.next)
    const email = shownAgain(query.email ?? (await shownRequest(deps, next))?.loginHint ?? '')
    return {
      title: signedOut.forgot.title,
      lead: signedOut.forgot.lead,
      main: (
        <>
          <Form
            action={withNextInFlow('/forgot-password', next)}
            values={{ email }}
            submit={signedOut.forgot.submit}
            isWide
          >
            <EmailField isFirst />
          </Form>
          <p class="card-foot">
            <a href={withNextInFlow('/sign-in', next)}>{signedOut.back}</a>
          </p>
        </>
      ),
    }
  },
  submit: async ({ deps, query }, { email }) => {
    await requestPasswordReset(deps, email)
    const next = localPath(query.next)
    return redirect(withNextInFlow('/forgot-password/sent', next), {
      cookies: continueCookie(next),
    })
  },
})

const sent = page({
  path: '/forgot-password/sent',
  access: 'anyone',
  query: () => z.object({ next: askedField }),
  show: ({ texts: { signedOut }, query: { next } }) => ({
    title: signedOut.forgot.sentTitle,
    lead: signedOut.forgot.sent,
    main: (
      <>
        <p class="meta">{signedOut.forgot.wait}</p>
        <p class="card-foot spread">
          <a href={withNextInFlow('/sign-in', localPath(next))}>{signedOut.back}</a>
          <a href={withNextInFlow('/forgot-password', localPath(next))}>{signedOut.forgot.again}</a>
        </p>
      </>
    ),
  }),
})

const RESET = endVisit('password_reset')
const ACCEPTED = redirect('/sign-in', { flash: 'invitation_accepted' })

/** Signs in with the password that was just set. If that is not possible, the user does it by the form. */
async function signInBy(browser: Browser, set: PasswordSet, byForm: SeeOther, flash?: FlashName) {
  const answer = await signInAfterPasswordSet(browser.deps, set)
  const next = continuedPath(browser)
  if (!answer) return { ...byForm, seeOther: withNextInFlow(byForm.seeOther, next) }
  const to = await goOn(browser, answer, next)
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
    signInBy(
      browser,
      await resetPassword(deps, token, password),
      RESET,
      'password_reset_signed_in',
    ),
  leadsTo: RESET,
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
    signInBy(browser, await acceptInvitation(deps, token, password, name), ACCEPTED),
  leadsTo: ACCEPTED,
})

export const passwordPages = [
  forgot,
  sent,
  reset,
  accept,
  ...passkeyInsteadPages('accept_invitation', accept),
]
