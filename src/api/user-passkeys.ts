import * as z from 'zod'
import { wholeListRoute } from '../http/list-route'
import { route } from '../http/route'
import { PasskeyView } from '../passkeys/passkey-view'
import { getUserPasskeys, removeUserPasskey } from '../user-admin/user-passkeys'
import { ACCESS, byId, PROVED, TAG } from './users'

const list = wholeListRoute(
  {
    path: '/api/v1/admin/users/{id}/passkeys',
    isRecorded: true,
    access: ACCESS,
    params: byId,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List the passkeys of a user',
      description: 'Each view is recorded in the audit log.',
      items: 'The passkeys, oldest first',
      item: PasskeyView,
      problems: ['not_found'],
    },
  },
  ({ deps, principal, params }) => getUserPasskeys(deps, principal, params.id),
)

const remove = route(
  {
    method: 'delete',
    path: '/api/v1/admin/users/{id}/passkeys/{passkey_id}',
    access: PROVED,
    params: () => byId().extend({ passkey_id: z.string().min(1).max(100) }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Remove a passkey of a user',
      description:
        'Revokes the sessions that it opened. Also removes the last way in: the user can choose a password by email.',
      answers: { 204: { description: 'The passkey is removed' } },
      problems: ['not_found', 'outranked', 'effect_pending'],
    },
  },
  async ({ deps, principal, params }) => {
    await removeUserPasskey(deps, principal, params.id, params.passkey_id)
    return { status: 204 }
  },
)

export const userPasskeyRoutes = [list, remove]
