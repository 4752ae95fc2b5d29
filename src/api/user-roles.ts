import * as z from 'zod'
import { route } from '../http/route'
import { assignRole, removeRole } from '../rbac/assign-role'
import { HeldRoles, heldRoles } from '../rbac/held-roles'
import { ACCESS, byId, PROVED, TAG } from './users'

const path = '/api/v1/admin/users/{id}/roles'

const list = route(
  {
    method: 'get',
    path,
    access: ACCESS,
    params: byId,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List the roles of a user',
      answers: { 200: { description: 'The roles, sorted by name', schema: HeldRoles } },
      problems: ['not_found'],
    },
  },
  async ({ deps, params }) => ({ status: 200, body: await heldRoles(deps, params.id) }),
)

const assign = route(
  {
    method: 'post',
    path,
    access: PROVED,
    params: byId,
    body: () => z.strictObject({ role: z.string().min(1).max(100) }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Assign a role to a user',
      description:
        'Takes effect in active sessions immediately. You cannot assign a role with permissions that you do not have.',
      answers: { 200: { description: 'The roles after the change', schema: HeldRoles } },
      problems: ['not_found', 'outranked', 'effect_pending'],
    },
  },
  async ({ deps, principal, params, body }) => {
    await assignRole(deps, principal, params.id, body.role)
    return { status: 200, body: await heldRoles(deps, params.id) }
  },
)

const remove = route(
  {
    method: 'delete',
    path: `${path}/{role}`,
    access: PROVED,
    params: () => byId().extend({ role: z.string().min(1).max(100) }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Remove a role from a user',
      description:
        'Takes effect before the response is sent. An API key cannot remove a role that has an `admin:` permission.',
      answers: { 204: { description: 'The user does not have the role' } },
      problems: ['not_found', 'outranked', 'last_admin', 'effect_pending'],
    },
  },
  async ({ deps, principal, params }) => {
    await removeRole(deps, principal, params.id, params.role)
    return { status: 204 }
  },
)

export const userRoleRoutes = [list, assign, remove]
