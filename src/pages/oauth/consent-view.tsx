/** Asks the user whether an app may use their account: who asks, for what, and where it leads. */
import type { FC } from 'hono/jsx'
import type { Decision } from '../../app-sign-in/authorize'
import { CONSENT } from '../../app-sign-in/authorize-path'
import { placeOf } from '../../app-sign-in/metadata-hash'
import type { RedirectTarget } from '../../app-sign-in/redirect-target'
import { isStandardScope } from '../../apps/scopes'
import type { AppRow } from '../../tables/apps'
import type { Texts } from '../../texts/en'
import type { PageRequest, View, Visitor } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { otherAccount, SignedInAs } from './views'

type Consent = Decision & { kind: 'consent' }

export const consentView = (
  { request, query }: { request: PageRequest<Visitor>; query: URLSearchParams },
  { app, redirectUri }: RedirectTarget,
  { scopes, remembered, offered }: Consent,
): View => {
  const { texts, visitor } = request
  const words = texts.oauth.consent
  return {
    visitor,
    title: words.title(app.name),
    lead: words.lead(app.name),
    main: (
      <>
        <ul class="scopes">
          {scopes.map((name) => (
            <li>
              {scopeText(texts, name, offered)}
              {remembered.includes(name) && <span class="meta"> ({words.granted})</span>}
            </li>
          ))}
        </ul>
        <SignedInAs user={visitor.user} />
        <p>
          {words.goesTo} <strong>{placeOf(redirectUri)}</strong>
        </p>
        <Documents app={app} />
        <form method="post" action={`${CONSENT}?${query.toString()}`} class="form">
          <div class="actions">
            <button class="button primary" name="decision" value="allow">
              {words.allow}
            </button>
            <button class="button quiet" name="decision" value="deny">
              {words.deny}
            </button>
          </div>
        </form>
        <p class="meta">{words.revoke}</p>
        <p class="card-foot">
          <a href={otherAccount(query)}>{texts.oauth.anotherAccount}</a>
        </p>
      </>
    ),
  }
}

/** A scope in words: ours, or those of the resource that it belongs to. */
function scopeText({ oauth: { consent } }: Texts, name: string, offered: Consent['offered']) {
  const own: Readonly<Record<string, string>> = consent.scopes
  if (isStandardScope(name)) return own[name] ?? name
  const { resource, description } = offered.find((each) => each.name === name) ?? {
    resource: '',
    description: '',
  }
  return (
    <>
      {description || name} <span class="meta">({consent.of(resource)})</span>
    </>
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
