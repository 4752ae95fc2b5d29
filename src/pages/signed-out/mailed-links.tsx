/** The pages of mailed links that only ask for a confirmation. */
import * as z from 'zod'
import type { Deps } from '../../context'
import { challengeField, tokenField } from '../../credentials/fields'
import { declineEmailChange } from '../../email-change/decline-email-change'
import { undoEmailChange } from '../../email-change/undo-email-change'
import { declineRegistration } from '../../registration/decline-registration'
import { verifyEmail, type VerifiedAccount } from '../../registration/verify-email'
import { signInAfterVerification } from '../../sign-in/after-link'
import { undoSignInMethod } from '../../step-up/undo-sign-in-method'
import { forAnotherUser, withNextInFlow } from '../runtime/local-path'
import { type FlashName, redirect } from '../runtime/page'
import { continuedPath } from './continue-cookie'
import { type Browser, linkPage } from './link-page'
import { passkeyInsteadPages } from './link-passkey'
import { mailCookie } from './mailed-address'
import { goOn } from './sign-in'

/** Leads to the sign-in page, which sends users who are signed in on to their account. */
const toSignIn = (flash: FlashName) => redirect('/sign-in', { flash })

const oneButton = (use: (deps: Deps, token: string) => Promise<void>) => ({
  fields: () => z.strictObject({ token: tokenField }),
  use: (deps: Deps, { token }: { token: string }) => use(deps, token),
})

/**
 * Signs in if this is the browser in which the account was registered, and nobody else is signed in.
 * Elsewhere the sign-in page has the address filled in.
 */
async function whenVerified(browser: Browser, { subject, email }: VerifiedAccount) {
  const { deps, visitor, cookie } = browser
  const answer = visitor
    ? undefined
    : await signInAfterVerification(deps, subject, cookie('sign-up'))
  const next = continuedPath(browser)
  if (answer) return goOn(browser, answer, next)
  // Another user is signed in. A user who came from an app continues with the new account, by the form.
  if (visitor && next === '/account') return toSignIn('email_verified')
  return redirect(withNextInFlow(forAnotherUser('/sign-in', visitor), next), {
    flash: 'email_verified',
    cookies: [await mailCookie(deps, { email })],
  })
}

const verify = linkPage({
  path: '/verify-email',
  fields: () => z.strictObject({ token: tokenField }),
  access: 'visitor',
  use: async (deps, { token }, browser) => whenVerified(browser, await verifyEmail(deps, token)),
  words: ({ signedOut }) => signedOut.verify,
  leadsTo: toSignIn('email_verified'),
  whenSpent: ({ signedOut }) => ({ href: '/check-your-mail', label: signedOut.verify.askAgain }),
  // The password that was typed at registration is void then.
  passkeyLead: ({ passkeys }) => passkeys.insteadOfChosen,
})

export const mailedLinkPages = [
  verify,
  ...passkeyInsteadPages('verify_email', verify),
  linkPage({
    ...oneButton(declineRegistration),
    path: '/decline-registration',
    words: ({ signedOut }) => signedOut.decline,
    look: 'danger',
    leadsTo: toSignIn('registration_declined'),
  }),
  linkPage({
    ...oneButton(declineEmailChange),
    path: '/decline-email-change',
    words: ({ signedOut }) => signedOut.declineChange,
    look: 'danger',
    leadsTo: toSignIn('email_change_declined'),
  }),
  linkPage({
    ...oneButton(undoSignInMethod),
    // A signed token is longer than those that are stored.
    fields: () => z.strictObject({ token: challengeField }),
    path: '/undo-sign-in-method',
    words: ({ signedOut }) => signedOut.undoMethod,
    look: 'danger',
    leadsTo: toSignIn('sign_in_method_undone'),
  }),
  linkPage({
    ...oneButton(undoEmailChange),
    path: '/undo-email-change',
    words: ({ signedOut }) => signedOut.undoChange,
    look: 'danger',
    leadsTo: toSignIn('email_change_undone'),
  }),
]
