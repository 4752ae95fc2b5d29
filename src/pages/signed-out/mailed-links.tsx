/**
 * Where mailed links lead. Opening one changes nothing, as mail scanners open them too: each page has
 * a button that posts the token.
 */
import * as z from 'zod'
import type { Deps } from '../../context'
import { tokenField } from '../../credentials/fields'
import { declineEmailChange } from '../../email-change/decline-email-change'
import { undoEmailChange } from '../../email-change/undo-email-change'
import { declineRegistration } from '../../registration/decline-registration'
import { verifyEmail } from '../../registration/verify-email'
import type { Texts } from '../../texts/en'
import { Alert, Form, Hidden, Submit } from '../components/form'
import { askedField } from '../runtime/address'
import { formPage } from '../runtime/form-page'
import { shownAgain } from '../runtime/form-state'
import {
  type FlashName,
  redirect,
  type PageRequest,
  type View,
  type Visitor,
} from '../runtime/page'

interface LinkWords {
  readonly title: string
  readonly lead: string
  readonly submit: string
  readonly spent: string
}

/** The address of a mailed link. */
export const linkQuery = z.object({ token: askedField })
type LinkRequest = PageRequest<Visitor | null, z.output<typeof linkQuery>>

/** The token of the address, or the one that was posted. */
export const tokenOf = ({ query, form }: LinkRequest): string =>
  form.values['token'] ?? shownAgain(query.token ?? '')

export const isSpent = (request: LinkRequest): boolean =>
  tokenOf(request) === '' || request.form.error?.code === 'invalid_token'

/** The page of a link that can no longer be used, with a way on. */
export const spentLink = (
  title: string,
  spent: string,
  way: { href: string; label: string },
): View => ({
  title,
  main: (
    <>
      <Alert text={spent} />
      <p class="actions">
        <a class="button quiet wide" href={way.href}>
          {way.label}
        </a>
      </p>
    </>
  ),
})

interface LinkSpec {
  readonly path: `/${string}`
  readonly words: (texts: Texts) => LinkWords
  readonly isDanger?: boolean
  readonly use: (deps: Deps, token: string) => Promise<void>
  readonly flash: FlashName
  readonly whenSpent?: (texts: Texts) => { href: string; label: string }
}

const linkPage = ({ words: wordsOf, use, flash, ...spec }: LinkSpec) =>
  formPage({
    path: spec.path,
    access: 'anyone',
    query: linkQuery,
    fields: z.strictObject({ token: tokenField }),
    show: (request) => {
      const { texts } = request
      const words = wordsOf(texts)
      const token = tokenOf(request)
      if (isSpent(request)) {
        const way = spec.whenSpent?.(texts) ?? { href: '/', label: texts.layout.errorPage.toStart }
        return spentLink(words.title, words.spent, way)
      }
      return {
        title: words.title,
        lead: words.lead,
        main: (
          <Form action={spec.path}>
            <Hidden name="token" value={token} />
            <Submit look={spec.isDanger ? 'danger' : undefined} class="wide">
              {words.submit}
            </Submit>
          </Form>
        ),
      }
    },
    submit: async ({ deps }, { token }) => {
      await use(deps, token)
      // From there a user who is signed in goes on to their account.
      return redirect('/sign-in', { flash })
    },
  })

export const mailedLinkPages = [
  linkPage({
    path: '/verify-email',
    words: ({ signedOut }) => signedOut.verify,
    use: verifyEmail,
    flash: 'email_verified',
    whenSpent: ({ signedOut }) => ({ href: '/check-your-mail', label: signedOut.verify.askAgain }),
  }),
  linkPage({
    path: '/decline-registration',
    words: ({ signedOut }) => signedOut.decline,
    isDanger: true,
    use: declineRegistration,
    flash: 'registration_declined',
  }),
  linkPage({
    path: '/decline-email-change',
    words: ({ signedOut }) => signedOut.declineChange,
    isDanger: true,
    use: declineEmailChange,
    flash: 'email_change_declined',
  }),
  linkPage({
    path: '/undo-email-change',
    words: ({ signedOut }) => signedOut.undoChange,
    isDanger: true,
    use: undoEmailChange,
    flash: 'email_change_undone',
  }),
]
