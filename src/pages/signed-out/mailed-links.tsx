/** The pages of mailed links that only ask for a confirmation. */
import * as z from 'zod'
import type { Deps } from '../../context'
import { tokenField } from '../../credentials/fields'
import { declineEmailChange } from '../../email-change/decline-email-change'
import { undoEmailChange } from '../../email-change/undo-email-change'
import { declineRegistration } from '../../registration/decline-registration'
import { verifyEmail } from '../../registration/verify-email'
import { type FlashName, redirect } from '../runtime/page'
import { linkPage } from './link-page'

/** Leads to the sign-in page, which sends users who are signed in on to their account. */
const toSignIn = (flash: FlashName) => redirect('/sign-in', { flash })

const oneButton = (use: (deps: Deps, token: string) => Promise<void>) => ({
  fields: () => z.strictObject({ token: tokenField }),
  use: (deps: Deps, { token }: { token: string }) => use(deps, token),
})

export const mailedLinkPages = [
  linkPage({
    ...oneButton(verifyEmail),
    path: '/verify-email',
    words: ({ signedOut }) => signedOut.verify,
    leadsTo: toSignIn('email_verified'),
    whenSpent: ({ signedOut }) => ({ href: '/check-your-mail', label: signedOut.verify.askAgain }),
  }),
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
    ...oneButton(undoEmailChange),
    path: '/undo-email-change',
    words: ({ signedOut }) => signedOut.undoChange,
    look: 'danger',
    leadsTo: toSignIn('email_change_undone'),
  }),
]
