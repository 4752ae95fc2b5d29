/** Asks the user whether an app may use their account. Shows the app, the scopes, and where the answer goes. */
import type { FC } from 'hono/jsx'
import type { Decision } from '../../app-sign-in/authorize'
import { CONSENT } from '../../app-sign-in/authorize-path'
import { placeOf } from '../../app-sign-in/metadata-hash'
import type { RedirectTarget } from '../../app-sign-in/redirect-target'
import type { AppRow } from '../../tables/apps'
import { Hidden } from '../components/form'
import { Scopes } from '../components/scopes'
import type { PageRequest, View, Visitor } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { AllowOrDeny, otherAccount, SignedInAs } from './views'

type Consent = Decision & { kind: 'consent' }

export const consentView = (
  { request, query }: { request: PageRequest<Visitor>; query: URLSearchParams },
  { app, redirectUri }: RedirectTarget,
  { scopes, remembered, atResources, seen }: Consent,
): View => {
  const { texts, visitor } = request
  const words = texts.oauth.consent
  return {
    visitor,
    title: words.title(app.name),
    lead: words.lead(app.name),
    main: (
      <>
        <Scopes scopes={scopes} remembered={remembered} atResources={atResources} />
        <SignedInAs user={visitor.user} />
        <Publisher app={app} />
        <p>
          {words.goesTo} <strong>{placeOf(redirectUri)}</strong>
          {LOCAL.test(redirectUri) && <span class="meta"> {words.local}</span>}
        </p>
        <Documents app={app} />
        <form method="post" action={`${CONSENT}?${query.toString()}`} class="form">
          <Hidden name="seen" value={seen} />
          <AllowOrDeny words={words} />
        </form>
        <p class="meta">{words.revoke}</p>
        <p class="card-foot">
          <a href={otherAccount(query)}>{texts.oauth.anotherAccount}</a>
        </p>
      </>
    ),
  }
}

/** Loopback addresses (RFC 8252 section 7.3). Every program on the user's computer can listen on one. */
const LOCAL = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)[:/]/

/**
 * For an app that no admin registered, only the host of its document is certain: its publisher can choose any name
 * (draft-ietf-oauth-client-id-metadata-document section 6.4).
 */
const Publisher: FC<{ app: Pick<AppRow, 'clientId' | 'source'> }> = ({ app }) => {
  const words = usePage().texts.oauth.consent
  if (app.source !== 'metadata') return null
  return (
    <p class="alert" role="note">
      <span>
        {words.publisher} <strong>{new URL(app.clientId).host}</strong>
      </span>
    </p>
  )
}

const Documents: FC<{ app: Pick<AppRow, 'policyUri' | 'tosUri'> }> = ({ app }) => {
  const words = usePage().texts.oauth.consent
  const links = [
    [app.policyUri, words.policy],
    [app.tosUri, words.terms],
  ] as const
  const shown = links.filter(([href]) => href !== null && /^https?:/i.test(href))
  if (shown.length === 0) return null
  return (
    <p class="spread">
      {shown.map(([href, label]) => (
        <a href={href ?? undefined} rel="noreferrer" target="_blank">
          {label}
        </a>
      ))}
    </p>
  )
}
