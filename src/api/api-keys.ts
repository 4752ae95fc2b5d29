/** API keys are for sessions only: a key cannot create, list or revoke keys. */
import * as z from 'zod'
import { ApiKey } from '../api-keys/api-key-view'
import { createApiKey } from '../api-keys/create-api-key'
import { API_KEY_ORDER, listApiKeys } from '../api-keys/list-api-keys'
import { revokeApiKey, revokeOwnApiKey } from '../api-keys/revoke-api-key'
import { cursorField } from '../http/list-page'
import { listRoute } from '../http/list-route'
import { route } from '../http/route'
import { STEP_UP_PROBLEMS, stepUpFields } from '../step-up/fields'
import { reauthenticate } from '../step-up/reauthenticate'
import { SYSTEM_IN_PERSON } from './system'

const TAG = 'API keys'
const byKey = () => z.strictObject({ id: z.string().min(1).max(100) })

const list = listRoute(
  {
    path: '/api/v1/admin/api-keys',
    access: SYSTEM_IN_PERSON,
    query: () => z.strictObject({ cursor: cursorField(API_KEY_ORDER).optional() }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List all API keys',
      description: 'Newest first, including expired and revoked keys. Tokens are not shown again.',
      items: 'keys',
      item: ApiKey,
    },
  },
  ({ deps, query }) => listApiKeys(deps, query.cursor),
)

const create = route(
  {
    method: 'post',
    path: '/api/v1/admin/api-keys',
    access: SYSTEM_IN_PERSON,
    body: () =>
      z.strictObject({
        name: z
          .string()
          .trim()
          .min(1)
          .max(100)
          .regex(/^\P{Cc}*$/u, 'Must be one line')
          .meta({ example: 'Billing service' }),
        permissions: z
          .array(z.string().max(100))
          .min(1)
          .max(200)
          .meta({ example: ['read:all'] }),
        expires_in_days: z.int().min(1).max(365).default(90),
        ...stepUpFields,
      }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Create an API key',
      description:
        'The key acts on your behalf. It has the permissions that you list, for as long as you have them yourself. The token is shown only once. You get an email that confirms the creation.',
      answers: {
        201: {
          description: 'The key, and the token to send as `Authorization: Bearer`',
          schema: z.lazy(() =>
            ApiKey.unwrap().extend({ token: z.string() }).meta({ id: 'NewApiKey' }),
          ),
        },
      },
      problems: STEP_UP_PROBLEMS,
    },
  },
  async ({ deps, principal, body }) => {
    const { name, permissions, expires_in_days: days, password, code } = body
    const stepUp = () => reauthenticate(deps, principal, { password, code })
    const request = { name, permissions, days, stepUp }
    return { status: 201, body: await createApiKey(deps, principal, request) }
  },
)

const revoke = route(
  {
    method: 'delete',
    path: '/api/v1/admin/api-keys/{id}',
    access: SYSTEM_IN_PERSON,
    params: byKey,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Revoke an API key',
      description: 'Takes effect before the response is sent.',
      answers: { 204: { description: 'The key is revoked' } },
      problems: ['not_found'],
    },
  },
  async ({ deps, principal, params }) => {
    await revokeApiKey(deps, principal, params.id)
    return { status: 204 }
  },
)

const revokeOwn = route(
  {
    method: 'delete',
    path: '/api/v1/users/api-keys/{id}',
    access: 'session',
    params: byKey,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Revoke one of your API keys',
      description: 'Also works if you can no longer create keys.',
      answers: { 204: { description: 'The key is revoked' } },
      problems: ['not_found'],
    },
  },
  async ({ deps, principal, params }) => {
    await revokeOwnApiKey(deps, principal, params.id)
    return { status: 204 }
  },
)

export const apiKeyRoutes = [list, create, revoke, revokeOwn]
