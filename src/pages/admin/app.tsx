/** One app: its values for developers, its settings and secret, and the actions that disable or delete it. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import type { App } from '../../apps/app-view'
import { changeApp } from '../../apps/change-app'
import { deleteApp } from '../../apps/delete-app'
import { getApp } from '../../apps/list-apps'
import { listResources, type Resource } from '../../apps/list-resources'
import { rotateAppSecret } from '../../apps/rotate-secret'
import { listPermissions } from '../../rbac/list-roles'
import { FactList } from '../components/fact-list'
import { Form } from '../components/form'
import { Panel } from '../components/layout'
import { StepUpFields } from '../components/step-up'
import { When } from '../components/time'
import { formPage } from '../runtime/form-page'
import { page, type SeeOther, type SignedInRequest, type View } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { confirmIdentity, type PostedProof, proofFields, proofOf } from '../runtime/proof-fields'
import { AppActions } from './app-actions'
import { AppFields, WhoMay } from './app-fields'
import { APP_SCRIPT, appPath, APPS, secretView, Snippets } from './app-parts'
import { appChangeOf, appFormFields } from './app-posted'
import { consoleView, done, SYSTEM } from './console'
import { provedButton, type ProvedSubmit } from './proved-button'

const idOf = ({ params }: SignedInRequest): string => params.name
const home = (request: SignedInRequest): string => appPath(idOf(request))

async function showApp(request: SignedInRequest): Promise<View> {
  const { deps } = request
  const app = await getApp(deps, idOf(request))
  const [resources, permissions] = await Promise.all([listResources(deps), listPermissions(deps)])
  const names = permissions.map(({ name }) => name)
  return consoleView(request, {
    scripts: [APP_SCRIPT],
    title: app.name,
    lead: request.texts.admin.apps.kinds[app.kind],
    main: (
      <>
        <Facts app={app} issuer={deps.config.PUBLIC_URL} />
        {app.source === 'admin' ? (
          <>
            <Snippets app={app} issuer={deps.config.PUBLIC_URL} />
            <Edit app={app} resources={resources} permissions={names} />
          </>
        ) : (
          <EditPermission app={app} permissions={names} />
        )}
        <AppActions app={app} />
      </>
    ),
  })
}

const Facts: FC<{ app: App; issuer: string }> = ({ app, issuer }) => {
  const { texts, format } = usePage()
  const { apps: words } = texts.admin
  const { disabled_at: disabledAt, previous_secret_until: until } = app
  const isOfUsers = app.kind !== 'machine'
  return (
    <section class="panel">
      <FactList
        facts={[
          [words.clientId, <span class="mono">{app.client_id}</span>],
          [words.issuer, <span class="mono">{issuer}</span>],
          [words.state, disabledAt === null ? words.enabled : words.disabled],
          [words.since, disabledAt !== null && <When at={disabledAt} />],
          [words.owner, app.first_party ? words.firstPartyShort : words.thirdParty],
          [
            words.users,
            isOfUsers && texts.admin.total(format.number(app.users), app.users_is_exact),
          ],
          [words.previousSecret, until !== null && words.overlap(format.exact(until))],
          [words.created, <When at={app.created_at} />],
        ]}
      />
      {isOfUsers && app.source === 'admin' && (
        <p>
          <a href={`${appPath(app.client_id)}/logout-deliveries`}>{words.deliveries}</a>
        </p>
      )}
    </section>
  )
}

interface EditProps {
  app: App
  resources: readonly Resource[]
  permissions: readonly string[]
}

const Edit: FC<EditProps> = ({ app, resources, permissions }) => {
  const { texts } = usePage()
  const values = {
    ...Object.fromEntries(
      Object.entries(app).filter(([, value]) => typeof value === 'string' || value === null),
    ),
    redirect_uris: app.redirect_uris.join('\n'),
    post_logout_redirect_uris: app.post_logout_redirect_uris.join('\n'),
    scopes: app.scopes.join(' '),
    resources: app.resources.join(' '),
    jwks: app.jwks === null ? '' : JSON.stringify(app.jwks, null, 2),
    device_flow: String(app.device_flow),
  }
  return (
    <Panel title={texts.admin.apps.edit}>
      <Form
        action={appPath(app.client_id, 'edit')}
        values={values}
        submit={texts.layout.save}
        cancel={{ href: APPS }}
      >
        <AppFields kind={app.kind} isNew={false} resources={resources} permissions={permissions} />
        <StepUpFields />
      </Form>
    </Panel>
  )
}

/** The only setting of an app with a metadata document that admins make, besides disabling it. */
const EditPermission: FC<Omit<EditProps, 'resources'>> = ({ app, permissions }) => {
  const { texts } = usePage()
  return (
    <Panel title={texts.admin.apps.edit} lead={texts.admin.apps.metadataLead}>
      <Form
        action={appPath(app.client_id, 'permission')}
        values={{ required_permission: app.required_permission ?? '' }}
        submit={texts.layout.save}
        cancel={{ href: APPS }}
      >
        <WhoMay permissions={permissions} />
        <StepUpFields />
      </Form>
    </Panel>
  )
}

export const app = page({ path: `${APPS}/:name`, access: SYSTEM, show: showApp })

const edit = formPage({
  path: `${APPS}/edit/:name`,
  access: SYSTEM,
  fields: () => z.strictObject({ ...appFormFields(), ...proofFields }),
  home,
  show: showApp,
  submit: async (request, posted) => {
    const { deps, visitor } = request
    const change = appChangeOf(posted)
    await changeApp(deps, visitor.principal, idOf(request), change, proofOf(posted))
    return done(home(request), 'app_saved', change.name)
  },
})

const permission = formPage({
  path: `${APPS}/permission/:name`,
  access: SYSTEM,
  fields: () =>
    z.strictObject({ required_permission: appFormFields().required_permission, ...proofFields }),
  home,
  show: showApp,
  submit: async (request, posted) => {
    const { deps, visitor } = request
    const change = { required_permission: posted.required_permission || null }
    await changeApp(deps, visitor.principal, idOf(request), change, proofOf(posted))
    return done(home(request), 'app_saved', (await getApp(deps, idOf(request))).name)
  },
})

const button = (
  name: 'rotate-secret' | 'replace-secret' | 'disable' | 'enable' | 'delete',
  submit: ProvedSubmit,
) => provedButton({ path: `${APPS}/${name}/:name`, home, show: showApp, submit })

const rotation = (keepsPrevious: boolean) =>
  async function rotate(request: SignedInRequest, posted: PostedProof): Promise<View> {
    const { deps, visitor, texts } = request
    const { apps: words } = texts.admin
    const how = { proof: proofOf(posted), keepsPrevious }
    const id = idOf(request)
    return secretView(request, {
      title: words.rotated,
      id,
      idLabel: words.clientId,
      ...(await rotateAppSecret(deps, visitor.principal, id, how)),
      home: home(request),
    })
  }

const switchTo = (enabled: boolean) =>
  async function switchApp(request: SignedInRequest, posted: PostedProof): Promise<SeeOther> {
    const { deps, visitor } = request
    await changeApp(deps, visitor.principal, idOf(request), { enabled }, proofOf(posted))
    return done(home(request), enabled ? 'app_enabled' : 'app_disabled')
  }

export const appActions = [
  edit,
  permission,
  button('rotate-secret', rotation(true)),
  button('replace-secret', rotation(false)),
  button('enable', switchTo(true)),
  button('disable', switchTo(false)),
  button('delete', async (request, posted) => {
    await confirmIdentity(request, posted)
    await deleteApp(request.deps, request.visitor.principal, idOf(request))
    return done(APPS, 'app_deleted')
  }),
]
