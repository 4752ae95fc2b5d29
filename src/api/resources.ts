import * as z from 'zod'
import { changeResource, createResource, deleteResource } from '../apps/define-resource'
import { getResource, listResources, Resource } from '../apps/list-resources'
import { identifierIssues, newResourceFields, resourceChangeFields } from '../apps/resource-fields'
import { rotateResourceSecret } from '../apps/rotate-secret'
import { wholeListRoute } from '../http/list-route'
import { route } from '../http/route'
import { STEP_UP_PROBLEMS, stepUpFields } from '../step-up/fields'
import { rotationFields, SECRET_EXAMPLE, TAG } from './apps'
import { rotationRoute, secretField, SYSTEM, SYSTEM_IN_PERSON, SYSTEM_PROVED } from './system'

const PATH = '/api/v1/admin/resources'
const byResource = () => z.strictObject({ id: z.string().min(1).max(100) })

const list = wholeListRoute(
  {
    path: PATH,
    access: SYSTEM,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List the APIs that apps call',
      items: 'The APIs with their scopes, by name',
      item: Resource,
    },
  },
  ({ deps }) => listResources(deps),
)

const create = route(
  {
    method: 'post',
    path: PATH,
    access: SYSTEM_IN_PERSON,
    body: () => z.strictObject({ ...newResourceFields(), ...stepUpFields }),
    refine: ({ config }, { identifier }) => identifierIssues(config, identifier),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Register an API',
      description:
        'Its identifier is the audience of the access tokens that apps get for it. A scope with a permission is in force only while the user holds that permission. You must have the permissions that you name. There can be at most 100 APIs.',
      answers: {
        201: {
          description: 'The API, and the secret by which it introspects tokens',
          schema: z.lazy(() =>
            z.object({ ...Resource.unwrap().shape, secret: secretField(SECRET_EXAMPLE) }),
          ),
        },
      },
      problems: ['limit_reached', 'name_taken', ...STEP_UP_PROBLEMS],
    },
  },
  async ({ deps, principal, body }) => {
    const { password, code, ...fields } = body
    const { id, secret } = await createResource(deps, principal, fields, { password, code })
    return { status: 201, body: { ...(await getResource(deps, id)), secret } }
  },
)

const change = route(
  {
    method: 'patch',
    path: `${PATH}/{id}`,
    access: SYSTEM,
    params: byResource,
    body: () => z.strictObject({ ...resourceChangeFields(), ...stepUpFields }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Change an API',
      description:
        'Changes require a recent proof of who you are, except for a change of the name, so an API key can change only the name. Changes take effect within five seconds, also for tokens that were issued before.',
      example: { name: 'Orders API' },
      answers: { 200: { description: 'The API', schema: Resource } },
      problems: ['not_found', ...STEP_UP_PROBLEMS],
    },
  },
  async ({ deps, principal, params, body }) => {
    const { password, code, ...fields } = body
    await changeResource(deps, principal, params.id, fields, { password, code })
    return { status: 200, body: await getResource(deps, params.id) }
  },
)

const remove = route(
  {
    method: 'delete',
    path: `${PATH}/{id}`,
    access: SYSTEM_PROVED,
    params: byResource,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Delete an API that no app may request tokens for',
      answers: { 204: { description: 'The API is deleted' } },
      problems: ['not_found', 'in_use'],
    },
  },
  async ({ deps, principal, params }) => {
    await deleteResource(deps, principal, params.id)
    return { status: 204 }
  },
)

const rotate = rotationRoute(
  {
    path: `${PATH}/{id}/rotate-secret`,
    params: byResource,
    body: () => z.strictObject(rotationFields()),
    field: 'secret',
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Rotate the secret of an API',
      description:
        'For 24 hours both the new and the old secret are accepted, unless you say otherwise.',
      secretExample: SECRET_EXAMPLE,
    },
  },
  ({ deps, principal, params, body: { keep_previous: keepsPrevious, ...proof } }) =>
    rotateResourceSecret(deps, principal, params.id, { proof, keepsPrevious }),
)

export const resourceRoutes = [list, create, change, remove, rotate]
