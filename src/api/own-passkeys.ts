import * as z from 'zod'
import { wholeListRoute } from '../http/list-route'
import { type DocumentedProblem, route } from '../http/route'
import { addPasskey, passkeyCreationOptions } from '../passkeys/add'
import { newPasskeyFields, passkeyNameField } from '../passkeys/fields'
import { listPasskeys } from '../passkeys/list'
import { PasskeyView } from '../passkeys/passkey-view'
import { removePasskey } from '../passkeys/remove'
import { renamePasskey } from '../passkeys/rename'
import { reauthenticate } from '../step-up/reauthenticate'
import { CREATION_EXAMPLE, PasskeyCreation } from './passkey-schemas'
import { TAG } from './passkeys'

/** A user whose role demands two factors may add a passkey to have them. */
const ACCESS = { requiredActions: ['two_factor_required'] } as const
const byPasskey = () => z.strictObject({ id: z.string().min(1).max(100) })
const theCreation = { description: 'What the browser needs', schema: PasskeyCreation }

const list = wholeListRoute(
  {
    path: '/api/v1/users/passkeys',
    access: ACCESS,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List your passkeys',
      items: 'The passkeys, oldest first',
      item: PasskeyView,
    },
  },
  ({ deps, principal }) => listPasskeys(deps, principal),
)

const addOptions = route(
  {
    method: 'post',
    path: '/api/v1/users/passkeys/options',
    access: ACCESS,
    body: () => z.strictObject({ unseen: z.boolean().default(false) }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Get a challenge to create a passkey',
      description:
        'With `unseen`, the browser may create it without asking the user (conditional create). The body is optional.',
      example: { unseen: false },
      answers: { 200: theCreation },
      problems: ['step_up_required', 'limit_reached'],
    },
  },
  async ({ deps, principal, body }) => ({
    status: 200,
    body: await passkeyCreationOptions(
      deps,
      principal,
      () => reauthenticate(deps, principal, {}),
      body,
    ),
  }),
)

const malformed = (code: 'invalid_challenge' | 'invalid_passkey') =>
  ({ code, kind: 'malformed' }) as const
const OWN: readonly DocumentedProblem[] = ['step_up_required', 'effect_pending']

const add = route(
  {
    method: 'post',
    path: '/api/v1/users/passkeys',
    access: ACCESS,
    body: () => z.strictObject(newPasskeyFields()),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Add a passkey',
      description:
        'With your first second factor or passkey you get ten recovery codes, which are shown only once. You get an email with a link that removes the passkey.',
      example: CREATION_EXAMPLE,
      answers: {
        201: {
          description: 'The passkey',
          schema: z.lazy(() =>
            z
              .object({
                passkey: PasskeyView,
                recovery_codes: z.array(z.string()).nullable(),
              })
              .meta({ id: 'AddedPasskey' }),
          ),
        },
      },
      problems: [
        malformed('invalid_challenge'),
        malformed('invalid_passkey'),
        'passkey_taken',
        'limit_reached',
        'changed_meanwhile',
        ...OWN,
      ],
    },
  },
  async ({ deps, principal, body }) => {
    const { challenge_token: challengeToken, credential, name } = body
    const stepUp = () => reauthenticate(deps, principal, {})
    const given = { challengeToken, credential, name }
    return { status: 201, body: await addPasskey(deps, principal, given, stepUp) }
  },
)

const rename = route(
  {
    method: 'patch',
    path: '/api/v1/users/passkeys/{id}',
    access: 'session',
    params: byPasskey,
    body: () => z.strictObject({ name: passkeyNameField }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Rename one of your passkeys',
      answers: { 204: { description: 'The passkey has its new name' } },
      problems: ['not_found'],
    },
  },
  async ({ deps, principal, params, body }) => {
    await renamePasskey(deps, principal, params.id, body.name)
    return { status: 204 }
  },
)

const remove = route(
  {
    method: 'delete',
    path: '/api/v1/users/passkeys/{id}',
    access: 'session',
    params: byPasskey,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Remove one of your passkeys',
      description: 'Revokes the sessions that it opened. Takes effect before the response is sent.',
      answers: { 204: { description: 'The passkey is removed' } },
      problems: ['not_found', 'last_way_in', ...OWN],
    },
  },
  async ({ deps, principal, params }) => {
    await removePasskey(deps, principal, params.id, () => reauthenticate(deps, principal, {}))
    return { status: 204 }
  },
)

export const ownPasskeyRoutes = [list, addOptions, add, rename, remove]
