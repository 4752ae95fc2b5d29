import * as z from 'zod'
import { PROOF_PROBLEMS, proofFields } from '../step-up/fields'
import { currentPasswordField } from '../credentials/password-policy'
import { route } from '../http/route'
import { withPlainLineEnds } from '../users/profile-fields'
import { changeIssues, changeWebhook, createWebhook, urlIssues } from '../webhooks/define-webhook'
import { deleteWebhook } from '../webhooks/delete-webhook'
import { getWebhook, listWebhooks } from '../webhooks/list-webhooks'
import { rotateSecret } from '../webhooks/rotate-secret'
import { Webhook, WebhookEvent } from '../webhooks/webhook-view'
import { isoOrNull } from '../time'

export const TAG = 'Webhooks'
export const SYSTEM = { permission: 'admin:system' } as const
/** These ask for the password, which a key does not have. */
const SYSTEM_IN_PERSON = { ...SYSTEM, by: 'session' } as const
export const byWebhook = z.strictObject({ id: z.string().min(1).max(100) })

const PATH = '/api/v1/admin/webhooks'
const secretField = z.string().meta({ description: 'Shown this once', example: 'whsec_MfKQ9r8G' })

const urlField = z.string().max(2000).meta({
  description: 'https on port 443, a public name, without credentials',
  example: 'https://hooks.example.com/gatehouse',
})
const descriptionField = z
  .string()
  .transform(withPlainLineEnds)
  .pipe(z.string().max(200))
  .meta({ maxLength: 200 })
const eventsField = z
  .array(WebhookEvent)
  .min(1)
  .max(200)
  .nullable()
  .meta({ description: 'null: every one', example: ['user.registered', 'user.erased'] })

const list = route(
  {
    method: 'get',
    path: PATH,
    tag: TAG,
    summary: 'All endpoints',
    access: SYSTEM,
    answers: {
      200: {
        description: 'Oldest first',
        schema: z.lazy(() => z.object({ items: z.array(Webhook) })),
      },
    },
  },
  async ({ deps }) => ({ status: 200, body: { items: await listWebhooks(deps) } }),
)

const create = route(
  {
    method: 'post',
    path: PATH,
    tag: TAG,
    summary: 'Make an endpoint',
    description:
      'Signed by Standard Webhooks; at least once, in no promised order. At most 20. A mail tells you that it was made.',
    access: SYSTEM_IN_PERSON,
    body: z.strictObject({
      url: urlField,
      events: eventsField,
      description: descriptionField.default(''),
      ...proofFields,
    }),
    alsoCheck: (deps, { url }) => urlIssues(deps, url),
    answers: {
      201: {
        description: 'The endpoint, and its secret',
        schema: z.lazy(() => z.object({ ...Webhook.unwrap().shape, secret: secretField })),
      },
    },
    problems: ['limit_reached', ...PROOF_PROBLEMS],
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
    tag: TAG,
    summary: 'One endpoint',
    access: SYSTEM,
    params: byWebhook,
    answers: { 200: { description: 'The endpoint', schema: Webhook } },
    problems: ['not_found'],
  },
  async ({ deps, params }) => ({ status: 200, body: await getWebhook(deps, params.id) }),
)

const change = route(
  {
    method: 'patch',
    path: `${PATH}/{id}`,
    tag: TAG,
    summary: 'Change, disable or enable an endpoint',
    description:
      'What comes due while it is disabled waits to be redelivered. A new URL needs your `password`, and your `code` when your second factor is on; an API key cannot set one.',
    access: SYSTEM,
    params: byWebhook,
    body: z.strictObject({
      url: urlField.optional(),
      events: eventsField.optional(),
      description: descriptionField.optional(),
      enabled: z.boolean().optional(),
      ...proofFields,
      password: currentPasswordField.optional(),
    }),
    example: { enabled: false },
    alsoCheck: changeIssues,
    answers: { 200: { description: 'The endpoint', schema: Webhook } },
    problems: ['not_found', ...PROOF_PROBLEMS],
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
    tag: TAG,
    summary: 'Delete an endpoint, and what it is still owed',
    access: SYSTEM,
    params: byWebhook,
    answers: { 204: { description: 'It is gone' } },
    problems: ['not_found'],
  },
  async ({ deps, principal, params }) => {
    await deleteWebhook(deps, principal, params.id)
    return { status: 204 }
  },
)

const rotate = route(
  {
    method: 'post',
    path: `${PATH}/{id}/rotate-secret`,
    tag: TAG,
    summary: 'A new secret',
    description: 'For 24 hours deliveries are signed with the old one too.',
    access: SYSTEM_IN_PERSON,
    params: byWebhook,
    body: z.strictObject(proofFields),
    answers: {
      200: {
        description: 'The new secret',
        schema: z.lazy(() =>
          z.object({
            secret: secretField,
            previous_secret_until: z.iso.datetime().nullable(),
          }),
        ),
      },
    },
    problems: ['not_found', 'changed_meanwhile', ...PROOF_PROBLEMS],
  },
  async ({ deps, principal, params, body }) => {
    const { secret, previousUntil } = await rotateSecret(deps, principal, params.id, body)
    const until = isoOrNull(previousUntil)
    return { status: 200, body: { secret, previous_secret_until: until } }
  },
)

export const webhookRoutes = [list, create, get, change, remove, rotate]
