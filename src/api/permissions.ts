import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import { wholeListRoute } from '../http/list-route'
import { route } from '../http/route'
import { createPermission, deletePermission, permissionNameField } from '../rbac/define-permission'
import { listPermissions } from '../rbac/list-roles'
import { byName, descriptionField, TAG } from './roles'
import { SYSTEM, SYSTEM_PROVED } from './system'

const Permission = answerSchema(() =>
  z
    .object({
      name: z.string().meta({ example: 'read:own' }),
      description: z.string().meta({ example: 'Read own data' }),
      built_in: z.boolean(),
    })
    .meta({ id: 'Permission' }),
)

const list = wholeListRoute(
  {
    path: '/api/v1/admin/permissions',
    access: SYSTEM,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List all permissions',
      items: 'The permissions, sorted by name',
      item: Permission,
    },
  },
  ({ deps }) => listPermissions(deps),
)

const create = route(
  {
    method: 'post',
    path: '/api/v1/admin/permissions',
    access: SYSTEM_PROVED,
    body: () =>
      z.strictObject({ name: permissionNameField, description: descriptionField().default('') }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Create a permission',
      answers: { 201: { description: 'The permission', schema: Permission } },
      problems: ['name_taken'],
    },
  },
  async ({ deps, principal, body }) => {
    await createPermission(deps, principal, body.name, body.description)
    return { status: 201, body: { ...body, built_in: false } }
  },
)

const remove = route(
  {
    method: 'delete',
    path: '/api/v1/admin/permissions/{name}',
    access: SYSTEM_PROVED,
    params: byName,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Delete a permission that no role has',
      answers: { 204: { description: 'The permission is deleted' } },
      problems: ['not_found', 'built_in', 'in_use'],
    },
  },
  async ({ deps, principal, params }) => {
    await deletePermission(deps, principal, params.name)
    return { status: 204 }
  },
)

export const permissionRoutes = [list, create, remove]
