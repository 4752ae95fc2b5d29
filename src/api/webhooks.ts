import * as z from 'zod'
import { wholeListRoute } from '../http/list-route'
import { route } from '../http/route'
import { STEP_UP_PROBLEMS, stepUpFields } from '../step-up/fields'
import { withPlainLineEnds } from '../users/profile-fields'
import { changeWebhook, createWebhook, urlIssues } from '../webhooks/define-webhook'
import { deleteWebhook } from '../webhooks/delete-webhook'
import { getWebhook, listWebhooks } from '../webhooks/list-webhooks'
import { rotateSecret } from '../webhooks/rotate-secret'
import { Webhook, WebhookEvent } from '../webhooks/webhook-view'
import { rotationRoute, secretField, SYSTEM, SYSTEM_IN_PERSON } from './system'

export const TAG = 'Webhooks'
export const byWebhook = () => z.strictObject({ id: z.string().min(1).max(100) })

const PATH = '/api/v1/admin/webhooks'
const SECRET_EXAMPLE = 'whsec_MfKQ9r8G'

const urlField = () =>
  z.string().max(2000).meta({
    description: 'An https URL on port 443 with a public host name and no credentials',
    example: 'https://hooks.example.com/gatehouse',
  })
const descriptionField = () =>
  z.string().transform(withPlainLineEnds).pipe(z.string().max(200)).meta({ maxLength: 200 })
const eventsField = () =>
  z
    .array(WebhookEvent)
    .min(1)
    .max(200)
    .nullable()
    .meta({
      description: 'The events to deliver; `null` means all events',
      example: ['user.registered', 'user.erased'],
    })

const list = wholeListRoute(
  {
    path: PATH,
    access: SYSTEM,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List all endpoints',
      items: 'The endpoints, oldest first',
      item: Webhook,
    },
  },
  ({ deps }) => listWebhooks(deps),
)

const create = route(
  {
    method: 'post',
    path: PATH,
    access: SYSTEM_IN_PERSON,
    body: () =>
      z.strictObject({
        url: urlField(),
        events: eventsField(),
        description: descriptionField().default(''),
        ...stepUpFields,
      }),
    refine: (deps, { url }) => urlIssues(deps, url),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Create an endpoint',
      description:
        'Deliveries are signed as Standard Webhooks specifies. Each event is delivered at least once, in no guaranteed order. There can be at most 20 endpoints. You get an email that confirms the creation.',
      answers: {
        201: {
          description: 'The endpoint and its secret',
          schema: z.lazy(() =>
            z.object({ ...Webhook.unwrap().shape, secret: secretField(SECRET_EXAMPLE) }),
          ),
        },
      },
      problems: ['limit_reached', ...STEP_UP_PROBLEMS],
    },
  },
  async ({ deps, principal, body }) => {
    const { password, code, ...definition } = body
    const proof = { password, code }
    const { id, secret } = await createWebhook(deps, principal, { ...definition, proof })
    return { status: 201, body: { ...(await getWebhook(deps, id)), secret } }
  },
)

const get = route(
  {
    method: 'get',
    path: `${PATH}/{id}`,
    access: SYSTEM,
    params: byWebhook,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Get an endpoint',
      answers: { 200: { description: 'The endpoint', schema: Webhook } },
      problems: ['not_found'],
    },
  },
  async ({ deps, params }) => ({ status: 200, body: await getWebhook(deps, params.id) }),
)

const change = route(
  {
    method: 'patch',
    path: `${PATH}/{id}`,
    access: SYSTEM,
    params: byWebhook,
    body: () =>
      z.strictObject({
        url: urlField().optional(),
        events: eventsField().optional(),
        description: descriptionField().optional(),
        enabled: z.boolean().optional(),
        ...stepUpFields,
      }),
    refine: (deps, { url }) => urlIssues(deps, url),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Change, disable or enable an endpoint',
      description:
        'Deliveries that come due while the endpoint is disabled are not sent, but can be redelivered later. A change of the URL requires a recent proof of who you are. An API key cannot change the URL.',
      example: { enabled: false },
      answers: { 200: { description: 'The endpoint', schema: Webhook } },
      problems: ['not_found', ...STEP_UP_PROBLEMS],
    },
  },
  async ({ deps, principal, params, body }) => {
    const { password, code, ...change } = body
    const proof = { password, code }
    await changeWebhook(deps, principal, params.id, { ...change, proof })
    return { status: 200, body: await getWebhook(deps, params.id) }
  },
)

const remove = route(
  {
    method: 'delete',
    path: `${PATH}/{id}`,
    access: SYSTEM,
    params: byWebhook,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Delete an endpoint and its pending deliveries',
      answers: { 204: { description: 'The endpoint is deleted' } },
      problems: ['not_found'],
    },
  },
  async ({ deps, principal, params }) => {
    await deleteWebhook(deps, principal, params.id)
    return { status: 204 }
  },
)

const rotate = rotationRoute(
  {
    path: `${PATH}/{id}/rotate-secret`,
    params: byWebhook,
    body: () => z.strictObject(stepUpFields),
    field: 'secret',
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Rotate the secret of an endpoint',
      description: 'For 24 hours, deliveries are signed with both the new and the old secret.',
      secretExample: SECRET_EXAMPLE,
    },
  },
  ({ deps, principal, params, body }) => rotateSecret(deps, principal, params.id, body),
)

export const webhookRoutes = [list, create, get, change, remove, rotate]
