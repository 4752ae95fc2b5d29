/** The list of apps, new ones by kind, and the check of redirect URIs while they are typed. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { APP_KINDS } from '../../apps/app-fields'
import type { App } from '../../apps/app-view'
import { createApp } from '../../apps/create-app'
import { getApp, listApps } from '../../apps/list-apps'
import { listResources } from '../../apps/list-resources'
import { type AppKind, redirectUriFault } from '../../apps/redirect-uri'
import { listPermissions } from '../../rbac/list-roles'
import { type Column, DataTable } from '../components/data-table'
import { Form, Hidden } from '../components/form'
import { StepUpFields } from '../components/step-up'
import { askedField } from '../runtime/address'
import { formPage } from '../runtime/form-page'
import { page } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { proofFields, proofOf } from '../runtime/proof-fields'
import { AppFields } from './app-fields'
import { APP_SCRIPT, appPath, APPS, listView, secretView, Snippets } from './app-parts'
import { appFormFields, newAppOf } from './app-posted'
import { consoleView, done, SYSTEM } from './console'

const NEW = `${APPS}/new` as const

export const apps = page({
  path: APPS,
  access: SYSTEM,
  show: async (request) => {
    const items = await listApps(request.deps)
    return listView(request, 'apps', { items, table: <AppTable items={items} />, createAt: NEW })
  },
})

const AppTable: FC<{ items: readonly App[] }> = ({ items }) => {
  const { texts, format } = usePage()
  const { apps: words } = texts.admin
  const columns: Column<App>[] = [
    {
      label: words.app,
      class: 'who',
      isUnlabelled: true,
      cell: (app) => (
        <>
          <a href={appPath(app.client_id)}>{app.name}</a>{' '}
          {!app.enabled && <span class="badge">{words.disabled}</span>}{' '}
          {!app.first_party && <span class="badge">{words.thirdParty}</span>}
          <span class="meta mono">{app.client_id}</span>
        </>
      ),
    },
    { label: words.kind, cell: ({ kind }) => words.kinds[kind] },
    {
      label: words.whoMay,
      cell: ({ kind, required_permission: permission }) => {
        if (kind === 'machine') return '–'
        return permission === null ? words.everyUser : <span class="mono">{permission}</span>
      },
    },
    {
      label: words.users,
      cell: (app) => texts.admin.total(format.number(app.users), app.users_is_exact),
    },
  ]
  return <DataTable class="stack" columns={columns} rows={items} />
}

const kindOf = (asked: string | undefined): AppKind | undefined =>
  APP_KINDS.find((kind) => kind === asked)

export const newApp = formPage({
  path: NEW,
  access: SYSTEM,
  query: () => z.object({ kind: askedField }),
  fields: () =>
    z.strictObject({
      ...appFormFields(),
      kind: z.enum(APP_KINDS),
      first_party: z.literal('true').optional(),
      ...proofFields,
    }),
  show: async (request) => {
    const { deps, form, query } = request
    const { apps: words } = request.texts.admin
    const kind = kindOf(form.values['kind'] ?? query.kind)
    if (!kind) {
      return consoleView(request, { title: words.create, lead: words.whichKind, main: <Kinds /> })
    }
    const [resources, permissions] = await Promise.all([listResources(deps), listPermissions(deps)])
    const values = {
      scopes: kind === 'machine' ? '' : 'openid profile email',
      first_party: 'true',
      auth_method: 'client_secret_basic',
    }
    return consoleView(request, {
      scripts: [APP_SCRIPT],
      title: words.createKinds[kind],
      lead: words.kindLeads[kind],
      main: (
        <section class="panel narrow">
          <Form
            action={`${NEW}?kind=${kind}`}
            values={values}
            submit={words.submitNew}
            cancel={{ href: APPS }}
          >
            <Hidden name="kind" value={kind} />
            <AppFields
              kind={kind}
              isNew
              resources={resources}
              permissions={permissions.map(({ name }) => name)}
            />
            <StepUpFields />
          </Form>
        </section>
      ),
    })
  },
  submit: async (request, { kind, first_party: isOwn, ...posted }) => {
    const { deps, visitor } = request
    const app = newAppOf(posted, kind, kind === 'machine' || isOwn !== undefined)
    const { clientId, secret } = await createApp(deps, visitor.principal, app, proofOf(posted))
    if (secret === null) return done(appPath(clientId), 'app_created', app.name)
    const { apps: words } = request.texts.admin
    return secretView(
      request,
      {
        title: app.name,
        id: clientId,
        idLabel: words.clientId,
        secret,
        previousUntil: null,
        home: appPath(clientId),
      },
      <Snippets app={await getApp(deps, clientId)} issuer={deps.config.PUBLIC_URL} />,
    )
  },
})

const Kinds: FC = () => {
  const { apps: words } = usePage().texts.admin
  return (
    <section class="panel narrow">
      <ul class="rows">
        {APP_KINDS.map((kind) => (
          <li>
            <span class="grow">
              <a href={`${NEW}?kind=${kind}`}>{words.kinds[kind]}</a>
              <span class="meta block">{words.kindLeads[kind]}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** For apps.js, which reads the paragraph: the fault of one redirect URI, or nothing if it can be used. */
export const checkUri = page({
  path: `${APPS}/check-uri`,
  access: SYSTEM,
  query: () => z.object({ kind: askedField, uri: askedField }),
  show: (request) => {
    const { deps, texts, query } = request
    const fault = redirectUriFault(deps.config, kindOf(query.kind) ?? 'web', query.uri ?? '')
    return consoleView(request, {
      title: texts.admin.apps.redirectUris,
      main: <p id="uri-check">{fault && texts.layout.issues[fault]()}</p>,
    })
  },
})
