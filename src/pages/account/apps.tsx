/** The apps that the user is connected to, with a button to disconnect each. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { clientIdField } from '../../apps/app-fields'
import { type ConnectedAppView, disconnectApp, listConnectedApps } from '../../apps/connected-apps'
import { publisherOf } from '../../apps/shown-name'
import { Hidden, Submit } from '../components/form'
import { Panel } from '../components/layout'
import { Scopes } from '../components/scopes'
import { When } from '../components/time'
import { formPage } from '../runtime/form-page'
import { page, redirect } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { accountArea } from './account-area'

const HOME = '/account/apps'
const DISCONNECT = `${HOME}/disconnect`

const list = page({
  path: HOME,
  access: 'session',
  show: async ({ deps, texts, visitor }) => {
    const words = texts.account.apps
    const apps = await listConnectedApps(deps, visitor.principal)
    return {
      ...accountArea(texts),
      title: words.title,
      lead: words.lead,
      main: (
        <Panel>
          {apps.length === 0 ? (
            <p class="meta">{words.empty}</p>
          ) : (
            <ul class="rows">
              {apps.map((app) => (
                <AppItem app={app} />
              ))}
            </ul>
          )}
        </Panel>
      ),
    }
  },
})

/** A resource as the consent page names it. */
const scopesAt = ({ name: resource, scopes }: ConnectedAppView['resources'][number]) =>
  (scopes.length > 0 ? scopes : [{ name: '', description: '' }]).map(
    ({ name: scope, description }) => ({ scope, description, resource }),
  )

const AppItem: FC<{ app: ConnectedAppView }> = ({ app }) => {
  const { apps: words } = usePage().texts.account
  const { client_id, name } = app
  // Such an app chooses its own name, so its host is shown too.
  const publisher = publisherOf(client_id)
  return (
    <li>
      <div class="grow">
        <p>
          <strong>{name}</strong>
        </p>
        {publisher !== undefined && <p class="meta mono">{publisher}</p>}
        <Scopes scopes={app.scopes} atResources={app.resources.flatMap(scopesAt)} />
        <p class="meta">
          {words.since} <When at={app.since} /> · {words.lastUsed} <When at={app.last_used_at} />
        </p>
      </div>
      <form
        method="post"
        action={DISCONNECT}
        class="inline"
        data-confirm={words.disconnectAsk(name)}
      >
        <Hidden name="client_id" value={client_id} />
        <Submit look="danger" class="small" label={words.disconnectOne(name)}>
          {words.disconnect}
        </Submit>
      </form>
    </li>
  )
}

const disconnect = formPage({
  path: DISCONNECT,
  access: 'session',
  fields: () => z.strictObject({ client_id: clientIdField() }),
  home: HOME,
  submit: async ({ deps, visitor }, { client_id }) => {
    await disconnectApp(deps, visitor.principal, client_id)
    return redirect(HOME, { flash: 'app_disconnected' })
  },
})

export const appPages = [list, disconnect]
