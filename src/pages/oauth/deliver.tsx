/**
 * Answers to an app, through the user's browser: a redirect, or a form that the browser posts (OAuth 2.0 Form Post
 * Response Mode). Each names us by `iss`, so that an app of several providers cannot mix them up (RFC 9207).
 */
import type { FC } from 'hono/jsx'
import type { Delivery } from '../../app-sign-in/authorization-request'
import type { RedirectTarget } from '../../app-sign-in/redirect-target'
import { shownName } from '../../apps/shown-name'
import type { OAuthError } from '../../http/oauth-error'
import { Hidden, Submit } from '../components/form'
import type { PageAnswer, PageRequest, View } from '../runtime/page'

export interface AppAnswer {
  readonly target: RedirectTarget
  readonly delivery: Delivery
  readonly parameters: Readonly<Record<string, string>>
}

type Asked = Pick<PageRequest, 'deps' | 'texts' | 'request'>

/** The part of a page that leads on to an app by itself, and by a button. */
export const leadOnTo = (
  { oauth }: PageRequest['texts'],
  appName: string,
  url: string,
): Pick<View, 'lead' | 'refreshTo' | 'hidesFooter' | 'main'> => ({
  lead: oauth.going.lead(appName),
  refreshTo: url,
  hidesFooter: true,
  main: (
    <p class="actions">
      <a class="button primary wide" href={url} rel="noreferrer">
        {oauth.going.submit}
      </a>
    </p>
  ),
})

export const errorParameters = ({ code, description }: OAuthError) => ({
  error: code,
  error_description: description,
})

/** The response that takes an answer to the app. */
export function deliver(request: Asked, answer: AppAnswer): PageAnswer {
  const { delivery, target } = answer
  if (delivery.mode === 'form_post') return postView(request, answer)
  const url = answerUrl(request, answer)
  return isPage(request, target) ? continueView(request, answer, url) : redirectTo(url)
}

/** All parameters of an answer. */
const parametersOf = ({ deps }: Pick<Asked, 'deps'>, { delivery, parameters }: AppAnswer) => ({
  ...parameters,
  ...(delivery.state !== undefined && { state: delivery.state }),
  iss: deps.config.PUBLIC_URL,
})

/** The redirect URI with the answer in its query. It is not parsed: it must stay as it was registered. */
export function answerUrl(request: Pick<Asked, 'deps'>, answer: AppAnswer): string {
  const { redirectUri } = answer.target
  const query = new URLSearchParams(parametersOf(request, answer)).toString()
  const isOpen = /[?&]$/.test(redirectUri)
  return `${redirectUri}${isOpen ? '' : redirectUri.includes('?') ? '&' : '?'}${query}`
}

/**
 * Whether a redirect might not arrive. Chromium stops one to another site that follows a form of ours, because
 * our pages allow forms to go to ourselves alone. A native app may open only after a click.
 */
const isPage = ({ request }: Pick<Asked, 'request'>, { redirectUri }: RedirectTarget): boolean =>
  request.headers.get('sec-fetch-site') === 'same-origin' || !/^https?:/i.test(redirectUri)

/** The app must not learn our address, and the code must not be cached. */
const redirectTo = (location: string): Response =>
  new Response(null, {
    status: 303,
    headers: { location, 'cache-control': 'no-store' },
  })

const continueView = ({ texts }: Asked, { target }: AppAnswer, url: string): View => ({
  title: texts.oauth.going.title,
  ...leadOnTo(texts, shownName(target.app), url),
})

const postView = (request: Asked, answer: AppAnswer): View => {
  const { oauth } = request.texts
  return {
    ...postTarget(answer),
    title: oauth.going.title,
    lead: oauth.going.lead(shownName(answer.target.app)),
    scripts: ['/assets/form-post.js'],
    main: <AnswerForm request={request} answer={answer} label={oauth.going.submit} id="answer" />,
  }
}

/** A page with the form of an answer must allow its target, and cannot have a footer with forms. */
export const postTarget = ({
  delivery,
  target,
}: AppAnswer): Pick<View, 'formTarget' | 'hidesFooter'> =>
  delivery.mode === 'form_post'
    ? { formTarget: new URL(target.redirectUri).origin, hidesFooter: true }
    : {}

interface AnswerFormProps {
  request: Pick<Asked, 'deps'>
  answer: AppAnswer
  label: string
  id?: string
  look?: 'quiet'
}

/** An answer as a form, for the app's own address. */
export const AnswerForm: FC<AnswerFormProps> = ({ request, answer, label, id, look }) => (
  <form method="post" action={answer.target.redirectUri} id={id}>
    {Object.entries(parametersOf(request, answer)).map(([name, value]) => (
      <Hidden name={name} value={value} />
    ))}
    <Submit class="wide" look={look}>
      {label}
    </Submit>
  </form>
)
