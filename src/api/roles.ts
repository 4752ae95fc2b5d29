import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import { wholeListRoute } from '../http/list-route'
import { route } from '../http/route'
import { changeRole, createRole, deleteRole, roleNameField } from '../rbac/define-role'
import { getRole, listRoles } from '../rbac/list-roles'
import { hasPermission, permissionsOf, roleNames } from '../rbac/permissions'
import { roleMap } from '../rbac/role-map'
import { withPlainLineEnds } from '../users/profile-fields'
import { SYSTEM, SYSTEM_PROVED } from './system'

export const TAG = 'Roles and permissions'

const Role = answerSchema(() =>
  z
    .object({
      name: z.string(),
      description: z.string(),
      built_in: z.boolean(),
      permissions: z.array(z.string()),
      created_at: z.iso.datetime(),
    })
    .meta({ id: 'Role' }),
)

export const descriptionField = () =>
  z
    .string()
    .transform(withPlainLineEnds)
    .pipe(z.string().max(500))
    .meta({ maxLength: 500, example: 'Writes and publishes articles' })
const permissionsField = () => z.array(z.string().max(100)).max(200)
export const byName = () => z.strictObject({ name: z.string().min(1).max(100) })

const mine = route(
  {
    method: 'get',
    path: '/api/v1/users/permissions',
    access: 'session',
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List your roles and permissions',
      answers: {
        200: {
          description: 'Your current roles and permissions',
          schema: z.lazy(() =>
            z.object({ roles: z.array(z.string()), permissions: z.array(z.string()) }),
          ),
        },
      },
    },
  },
  async ({ deps, principal: { roleIds } }) => {
    const map = await roleMap(deps)
    return {
      status: 200,
      body: { roles: roleNames(map, roleIds), permissions: permissionsOf(map, roleIds) },
    }
  },
)

const mayI = route(
  {
    method: 'get',
    path: '/api/v1/users/permissions/{name}',
    access: 'session',
    params: byName,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Check whether you have a permission',
      answers: {
        200: {
          description: 'Whether you have it',
          schema: z.lazy(() => z.object({ allowed: z.boolean() })),
        },
      },
    },
  },
  async ({ deps, principal, params }) => ({
    status: 200,
    body: { allowed: hasPermission(await roleMap(deps), principal.roleIds, params.name) },
  }),
)

const list = wholeListRoute(
  {
    path: '/api/v1/admin/roles',
    access: SYSTEM,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List all roles',
      items: 'The roles, sorted by name',
      item: Role,
    },
  },
  ({ deps }) => listRoles(deps),
)

const get = route(
  {
    method: 'get',
    path: '/api/v1/admin/roles/{name}',
    access: SYSTEM,
    params: byName,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Get a role',
      answers: { 200: { description: 'The role', schema: Role } },
      problems: ['not_found'],
    },
  },
  async ({ deps, params }) => ({ status: 200, body: await getRole(deps, params.name) }),
)

const create = route(
  {
    method: 'post',
    path: '/api/v1/admin/roles',
    access: SYSTEM_PROVED,
    body: () =>
      z.strictObject({
        name: roleNameField,
        description: descriptionField().default(''),
        permissions: permissionsField().default([]),
      }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Create a role',
      description: 'You cannot give a role permissions that you do not have.',
      answers: { 201: { description: 'The role', schema: Role } },
      problems: ['name_taken'],
    },
  },
  async ({ deps, principal, body }) => {
    await createRole(deps, principal, body.name, body)
    return { status: 201, body: await getRole(deps, body.name) }
  },
)

const change = route(
  {
    method: 'patch',
    path: '/api/v1/admin/roles/{name}',
    access: SYSTEM_PROVED,
    params: byName,
    body: () =>
      z.strictObject({
        description: descriptionField().optional(),
        permissions: permissionsField().optional(),
      }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Change the description or permissions of a role',
      description:
        'Takes effect in every location within five seconds. The name cannot be changed. An API key cannot remove an `admin:` permission from a role.',
      example: { permissions: ['read:own', 'publish:articles'] },
      answers: { 200: { description: 'The role', schema: Role } },
      problems: ['not_found', 'built_in'],
    },
  },
  async ({ deps, principal, params, body }) => {
    await changeRole(deps, principal, params.name, body)
    return { status: 200, body: await getRole(deps, params.name) }
  },
)

const remove = route(
  {
    method: 'delete',
    path: '/api/v1/admin/roles/{name}',
    access: SYSTEM_PROVED,
    params: byName,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Delete a role that no user has',
      answers: { 204: { description: 'The role is deleted' } },
      problems: ['not_found', 'built_in', 'in_use'],
    },
  },
  async ({ deps, principal, params }) => {
    await deleteRole(deps, principal, params.name)
    return { status: 204 }
  },
)

export const rbacRoutes = [mine, mayI, list, get, create, change, remove]
