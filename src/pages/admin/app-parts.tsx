/** Parts of the pages about apps: a secret that is shown once, and code to paste. */
import type { Child, FC } from 'hono/jsx'
import type { App } from '../../apps/app-view'
import { iso } from '../../time'
import { Panel } from '../components/layout'
import { ListPanel } from '../components/list-panel'
import { Tabs } from '../components/tabs'
import type { SignedInRequest, View } from '../runtime/page'
import { usePage, useConsoleTexts } from '../runtime/page-context'
import { snippetsOf } from './app-snippets'
import { consoleView } from './console'

export const APPS = '/admin/apps'
export const RESOURCES = '/admin/apps/resources'
export const APP_SCRIPT = '/assets/apps.js'

/** A client id that is a URL becomes one part of the path. */
export const appPath = (clientId: string, page = ''): string =>
  `${APPS}/${page === '' ? '' : `${page}/`}${encodeURIComponent(clientId)}`

/** The list of apps or of APIs as a page: with its tabs, and the link to a new one. */
export const listView = (
  request: SignedInRequest,
  tab: 'apps' | 'resources',
  { items, table, createAt }: { items: unknown[]; table: Child; createAt: string },
): View => {
  const words = request.texts.admin[tab]
  return consoleView(request, {
    styles: ['tables'],
    title: words.title,
    lead: words.lead,
    titleLink: { href: createAt, label: words.create },
    main: (
      <>
        <AppTabs tab={tab} />
        <ListPanel list={{ items, page: 1, next_cursor: null }} words={words}>
          {table}
        </ListPanel>
      </>
    ),
  })
}

const AppTabs: FC<{ tab: 'apps' | 'resources' }> = ({ tab }) => {
  const { apps: words } = useConsoleTexts()
  return (
    <Tabs
      label={words.title}
      tabs={[
        { href: APPS, label: words.title, isCurrent: tab === 'apps' },
        { href: RESOURCES, label: words.apis, isCurrent: tab === 'resources' },
      ]}
    />
  )
}

interface SecretProps {
  id: string
  idLabel: string
  secret: string
  /** Until when the old one is accepted, in milliseconds since the epoch; null: it is not. */
  previousUntil: number | null
  home: string
}

/** Shows a secret, as no other page will. */
export const secretView = (
  request: SignedInRequest,
  { title, ...secret }: SecretProps & { title: string },
  below?: Child,
): View =>
  consoleView(request, {
    scripts: ['/assets/codes.js'],
    title,
    main: (
      <>
        <SecretShown {...secret} />
        {below}
      </>
    ),
  })

const SecretShown: FC<SecretProps> = ({ id, idLabel, secret, previousUntil, home }) => {
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
      {previousUntil !== null && <p>{words.overlap(format.exact(iso(previousUntil)))}</p>}
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
