import * as z from 'zod'
import { appChangeFields, clientIdField, newAppFields } from '../apps/app-fields'
import { newAppIssues } from '../apps/app-rules'
import { App } from '../apps/app-view'
import { changeApp } from '../apps/change-app'
import { createApp } from '../apps/create-app'
import { deleteApp } from '../apps/delete-app'
import { getApp, listApps } from '../apps/list-apps'
import { rotateAppSecret } from '../apps/rotate-secret'
import { wholeListRoute } from '../http/list-route'
import { route } from '../http/route'
import { STEP_UP_PROBLEMS, stepUpFields } from '../step-up/fields'
import { rotationRoute, secretField, SYSTEM, SYSTEM_IN_PERSON, SYSTEM_PROVED } from './system'

export const TAG = 'Apps'
const PATH = '/api/v1/admin/apps'
const byApp = () =>
  z.strictObject({
    client_id: clientIdField().meta({
      description: 'A client id that is a URL is percent-encoded',
      example: 'wL3bX0qPz7mJ5kYtR9sVfA',
    }),
  })

export const rotationFields = () => ({
  keep_previous: z
    .boolean()
    .default(true)
    .meta({ description: 'False after a leak: the old secret is refused at once' }),
  ...stepUpFields,
})
export const SECRET_EXAMPLE = 'ghs_n4bQgYhMfWWaL-qgxVrQ'

const list = wholeListRoute(
  {
    path: PATH,
    access: SYSTEM,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List all apps',
      items: 'The apps, by name',
      item: App,
    },
  },
  ({ deps }) => listApps(deps),
)

const create = route(
  {
    method: 'post',
    path: PATH,
    access: SYSTEM_IN_PERSON,
    body: () => z.strictObject({ ...newAppFields(), ...stepUpFields }),
    refine: ({ config }, raw) => newAppIssues(config, raw),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Register an app',
      description:
        'An app signs its users in by OpenID Connect, or acts for itself (`machine`). Omitted fields get the defaults of its kind. You must have every permission that its scopes need. There can be at most 200 apps.',
      example: {
        name: 'Orders',
        kind: 'web',
        first_party: true,
        redirect_uris: ['https://orders.example.com/callback'],
      },
      answers: {
        201: {
          description: 'The app, and its secret if it has one',
          schema: z.lazy(() =>
            z.object({
              ...App.unwrap().shape,
              client_secret: secretField(SECRET_EXAMPLE).nullable(),
            }),
          ),
        },
      },
      problems: ['limit_reached', 'changed_meanwhile', ...STEP_UP_PROBLEMS],
    },
  },
  async ({ deps, principal, body }) => {
    const { password, code, ...app } = body
    const { clientId, secret } = await createApp(deps, principal, app, { password, code })
    return { status: 201, body: { ...(await getApp(deps, clientId)), client_secret: secret } }
  },
)

const get = route(
  {
    method: 'get',
    path: `${PATH}/{client_id}`,
    access: SYSTEM,
    params: byApp,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Get an app',
      answers: { 200: { description: 'The app', schema: App } },
      problems: ['not_found'],
    },
  },
  async ({ deps, params }) => ({ status: 200, body: await getApp(deps, params.client_id) }),
)

const change = route(
  {
    method: 'patch',
    path: `${PATH}/{client_id}`,
    access: SYSTEM,
    params: byApp,
    body: () => z.strictObject({ ...appChangeFields(), ...stepUpFields }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Change, disable or enable an app',
      description:
        'Within five seconds a disabled app and its tokens are refused everywhere. Changes require a recent proof of who you are, except for disabling and for changes of `name`, `logo_uri`, `policy_uri` and `tos_uri`. An API key can make only those.',
      example: { enabled: false },
      answers: { 200: { description: 'The app', schema: App } },
      problems: ['not_found', 'changed_meanwhile', ...STEP_UP_PROBLEMS],
    },
  },
  async ({ deps, principal, params, body }) => {
    const { password, code, ...fields } = body
    await changeApp(deps, principal, params.client_id, fields, { password, code })
    return { status: 200, body: await getApp(deps, params.client_id) }
  },
)

const remove = route(
  {
    method: 'delete',
    path: `${PATH}/{client_id}`,
    access: SYSTEM_PROVED,
    params: byApp,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Delete an app',
      description:
        'Within five seconds its codes, tokens and sessions are refused everywhere. An app with a metadata document returns when it is used again: disable it instead.',
      answers: { 204: { description: 'The app is deleted' } },
      problems: ['not_found'],
    },
  },
  async ({ deps, principal, params }) => {
    await deleteApp(deps, principal, params.client_id)
    return { status: 204 }
  },
)

const rotate = rotationRoute(
  {
    path: `${PATH}/{client_id}/rotate-secret`,
    params: byApp,
    body: () => z.strictObject(rotationFields()),
    field: 'client_secret',
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Rotate the secret of an app',
      description:
        'The old secret is accepted for another 24 hours, unless `keep_previous` is false.',
      secretExample: SECRET_EXAMPLE,
      problems: ['no_secret'],
    },
  },
  ({ deps, principal, params, body: { keep_previous: keepsPrevious, ...proof } }) =>
    rotateAppSecret(deps, principal, params.client_id, { proof, keepsPrevious }),
)

export const appRoutes = [list, create, get, change, remove, rotate]
