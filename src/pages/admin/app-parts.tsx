/** Parts of the pages about apps: a secret that is shown once, and code to paste. */
import type { FC } from 'hono/jsx'
import type { App } from '../../apps/app-view'
import { Panel } from '../components/layout'
import { Tabs } from '../components/tabs'
import { usePage, useConsoleTexts } from '../runtime/page-context'
import { snippetsOf } from './app-snippets'

export const APPS = '/admin/apps'
export const RESOURCES = '/admin/apps/resources'
export const APP_SCRIPT = '/assets/apps.js'

/** A client id that is a URL becomes one part of the path. */
export const appPath = (clientId: string, page = ''): string =>
  `${APPS}/${page === '' ? '' : `${page}/`}${encodeURIComponent(clientId)}`

export const AppTabs: FC<{ isResources?: boolean }> = ({ isResources = false }) => {
  const { apps: words } = useConsoleTexts()
  return (
    <Tabs
      label={words.title}
      tabs={[
        { href: APPS, label: words.title, isCurrent: !isResources },
        { href: RESOURCES, label: words.apis, isCurrent: isResources },
      ]}
    />
  )
}

interface SecretProps {
  id: string
  idLabel: string
  secret: string
  /** Until when the old one is accepted; null: it is not. */
  previousUntil: string | null
  home: string
}

/** The secret, which no other page will show. */
export const SecretShown: FC<SecretProps> = ({ id, idLabel, secret, previousUntil, home }) => {
  const { texts, format } = usePage()
  const { apps: words } = texts.admin
  return (
    <section class="panel narrow">
      <p>{words.secretLead}</p>
      <dl class="facts">
        <dt>{idLabel}</dt>
        <dd class="mono">{id}</dd>
        <dt>{words.secret}</dt>
        <dd>
          <ul class="plain" id="secret">
            <li class="mono">{secret}</li>
          </ul>
        </dd>
      </dl>
      {previousUntil !== null && <p>{words.overlap(format.exact(previousUntil))}</p>}
      <p class="actions">
        <button class="button quiet" type="button" data-copy="secret" data-copied={words.copied}>
          {words.copy}
        </button>
        <a class="button primary" href={home}>
          {words.stored}
        </a>
      </p>
    </section>
  )
}

export const Snippets: FC<{ app: App; issuer: string }> = ({ app, issuer }) => {
  const { apps: words } = useConsoleTexts()
  return (
    <Panel title={words.snippets} lead={words.snippetsLead}>
      {snippetsOf(app, issuer).map(({ name, code }, i) => (
        <details class="snippet" open={i === 0}>
          <summary class="button small quiet">{name}</summary>
          <pre tabindex={0} role="region" aria-label={name}>
            <code>{code}</code>
          </pre>
        </details>
      ))}
    </Panel>
  )
}
