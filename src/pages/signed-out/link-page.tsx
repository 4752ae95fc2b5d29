/**
 * Where mailed links lead. Opening one changes nothing, as mail scanners open them too: each page has
 * a form that posts the token, with the fields that the link's verb asks for besides.
 */
import type { Child } from 'hono/jsx'
import * as z from 'zod'
import type { Config } from '../../config'
import type { Deps } from '../../context'
import type { Parsed, Refine, Schema } from '../../http/validated'
import type { Texts } from '../../texts/en'
import { Alert, Form, FormAlert, Hidden, Submit } from '../components/form'
import { PASSKEY_SCRIPT } from '../components/passkey-button'
import { askedField } from '../runtime/address'
import { formPage } from '../runtime/form-page'
import { shownAgain } from '../runtime/form-state'
import {
  type AreaLink,
  type Awaitable,
  type PageRequest,
  type SeeOther,
  type View,
  type Visitor,
} from '../runtime/page'
import { byPasskey, PasskeyInstead } from './link-passkey'

/** The address of a mailed link. */
export const linkQuery = () => z.object({ token: askedField })
type LinkRequest = PageRequest<Visitor | null, Parsed<typeof linkQuery>>

/** The token of the address, or the one that was posted. */
export const tokenOf = ({ query, form }: LinkRequest): string =>
  form.values['token'] ?? shownAgain(query.token ?? '')

export const isSpent = (request: LinkRequest): boolean =>
  tokenOf(request) === '' || request.form.error?.code === 'invalid_token'

/** The page of a link that can no longer be used, with a way on. */
export const spentLink = (
  { layout }: Texts,
  words: { title: string; spent: string },
  way: AreaLink = { href: '/', label: layout.errorPage.toStart },
): View => ({
  title: words.title,
  main: (
    <>
      <Alert text={words.spent} />
      <p class="actions">
        <a class="button quiet wide" href={way.href}>
          {way.label}
        </a>
      </p>
    </>
  ),
})

interface LinkWords {
  readonly title: string
  readonly lead: string | ((product: Config['PRODUCT_NAME']) => string)
  readonly submit: string
  readonly spent: string
}

/** What an act may need of the browser that posts it. */
export type Browser = Pick<PageRequest, 'deps' | 'cookie' | 'visitor'>

interface LinkSpec<F extends Schema> {
  readonly path: `/${string}`
  readonly words: (texts: Texts) => LinkWords
  /** The token, and whatever else is asked for. */
  readonly fields: F
  readonly refine?: Refine
  /** The fields of the form, besides the token. */
  readonly ask?: (deps: Deps, token: string, texts: Texts) => Awaitable<Child>
  readonly look?: 'danger'
  /** Does it. Where it leads may depend on the act and on the browser: `leadsTo` says otherwise. */
  readonly use: (deps: Deps, input: Parsed<F>, browser: Browser) => Promise<SeeOther | void>
  /** Where it leads when it is done. */
  readonly leadsTo: SeeOther
  /** `visitor`: the act may sign in, which ends the session that the browser has. */
  readonly access?: 'anyone' | 'visitor'
  /** What choosing a passkey instead of a password means here, if it can be chosen (link-passkey.tsx). */
  readonly passkeyLead?: (texts: Texts) => string
  readonly whenSpent?: (texts: Texts) => AreaLink
}

export const linkPage = <F extends Schema>(spec: LinkSpec<F>) =>
  formPage({
    path: spec.path,
    access: spec.access ?? 'anyone',
    counting: 'never',
    query: linkQuery,
    fields: spec.fields,
    ...(spec.refine && { refine: spec.refine }),
    show: async (request) => {
      const { texts, deps } = request
      const words = spec.words(texts)
      if (isSpent(request)) return spentLink(texts, words, spec.whenSpent?.(texts))
      const token = tokenOf(request)
      const { lead } = words
      return {
        title: words.title,
        lead: typeof lead === 'string' ? lead : lead(deps.config.PRODUCT_NAME),
        scripts: spec.passkeyLead ? [PASSKEY_SCRIPT] : [],
        main: (
          <>
            {request.form.postedTo === byPasskey(spec.path) && <FormAlert />}
            <Form action={spec.path} isWide>
              <Hidden name="token" value={token} />
              {await spec.ask?.(deps, token, texts)}
              <Submit look={spec.look} class="wide">
                {words.submit}
              </Submit>
              {spec.passkeyLead && (
                <PasskeyInstead path={spec.path} lead={spec.passkeyLead(texts)} />
              )}
            </Form>
          </>
        ),
      }
    },
    submit: async (request, input) =>
      (await spec.use(request.deps, input, request)) ?? spec.leadsTo,
  })
