/** The pages of the authorize endpoint that end or interrupt a request. */
import type { FC } from 'hono/jsx'
import { authorizePath, withoutPrompt } from '../../app-sign-in/authorize-path'
import { shownName } from '../../apps/shown-name'
import type { OAuthError } from '../../http/oauth-error'
import type { Texts } from '../../texts/en'
import { withNext } from '../runtime/local-path'
import type { PageRequest, View, Visitor } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { type AppAnswer, AnswerForm, answerUrl, postTarget } from './deliver'

export type Refusal = keyof Texts['oauth']['refused']['leads']

/** For a request that is not answered to the app. `detail` is for its developers, in English. */
export const refusedView = ({ oauth }: Texts, reason: Refusal, error?: OAuthError): View => ({
  title: oauth.refused.title,
  status: 400,
  lead: oauth.refused.leads[reason],
  main: error && (
    <p class="meta">
      {oauth.refused.developers}{' '}
      <code>
        {error.code}: {error.description}
      </code>
    </p>
  ),
})

/** The user who is signed in here. */
export const SignedInAs: FC<{ user: Visitor['user'] }> = ({ user }) => (
  <p>
    {usePage().texts.oauth.consent.signedInAs} <strong>{user.full_name}</strong>
    <br />
    <span class="meta">{user.email}</span>
  </p>
)

/** The buttons of a form that takes a `decision`. */
export const AllowOrDeny: FC<{ words: { allow: string; deny: string } }> = ({ words }) => (
  <div class="actions">
    <button class="button primary" name="decision" value="allow">
      {words.allow}
    </button>
    <button class="button quiet" name="decision" value="deny">
      {words.deny}
    </button>
  </div>
)

/** The sign-in page, which then shows its form to users who are signed in too. */
export const otherAccount = (query: URLSearchParams): string =>
  withNext('/sign-in?other', authorizePath(withoutPrompt(query, 'select_account', 'create')))

interface Shown {
  readonly request: PageRequest<Visitor>
  readonly appName: string
  readonly query: URLSearchParams
}

/** `prompt=select_account`: the account of the session, or another. */
export const selectView = ({ request, appName, query }: Shown): View => {
  const { texts, visitor } = request
  const { oauth } = texts
  const going = authorizePath(withoutPrompt(query, 'select_account', 'create'))
  return {
    visitor,
    title: oauth.select.title,
    lead: oauth.select.lead(appName),
    main: (
      <>
        <SignedInAs user={visitor.user} />
        <p class="actions">
          <a class="button primary wide" href={going}>
            {oauth.select.go(visitor.user.full_name)}
          </a>
          <a class="button quiet wide" href={otherAccount(query)}>
            {oauth.anotherAccount}
          </a>
        </p>
      </>
    ),
  }
}

/** The app requires another user. `back`: the answer to the app. */
export const otherView = ({ request, appName, query }: Shown, back: AppAnswer): View => {
  const { texts, visitor } = request
  const { oauth } = texts
  return {
    visitor,
    ...postTarget(back),
    title: oauth.other.title,
    lead: oauth.other.lead(appName),
    main: (
      <>
        <SignedInAs user={visitor.user} />
        <p class="actions">
          <a class="button primary wide" href={otherAccount(query)}>
            {oauth.anotherAccount}
          </a>
          <BackTo request={request} answer={back} />
        </p>
      </>
    ),
  }
}

export const notAllowedView = ({ request, appName, query }: Shown, back: AppAnswer): View => {
  const { texts, visitor } = request
  const { oauth } = texts
  return {
    visitor,
    ...postTarget(back),
    status: 403,
    title: oauth.notAllowed.title(appName),
    lead: oauth.notAllowed.lead,
    main: (
      <>
        <SignedInAs user={visitor.user} />
        <p class="actions">
          <BackTo request={request} answer={back} />
          <a class="button quiet wide" href={otherAccount(query)}>
            {oauth.anotherAccount}
          </a>
        </p>
      </>
    ),
  }
}

/** Back to the app without a sign-in. */
const BackTo: FC<{ request: PageRequest; answer: AppAnswer }> = ({ request, answer }) => {
  const { target, delivery } = answer
  const label = usePage().texts.oauth.backTo(shownName(target.app))
  if (delivery.mode === 'form_post') {
    return <AnswerForm request={request} answer={answer} label={label} look="quiet" />
  }
  return (
    <a class="button quiet wide" href={answerUrl(request, answer)} rel="noreferrer">
      {label}
    </a>
  )
}
