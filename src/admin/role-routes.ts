import { asc, eq } from 'drizzle-orm'
import * as z from 'zod'
import type { Deps } from '../context'
import { route } from '../http/route'
import { assignRole, removeRole } from '../rbac/assign-role'
import { roles, userRoles } from '../rbac/schema'
import { findTarget } from '../users/find-target'
import { byId } from './routes'

const TAG = 'Administration'
const ACCESS = { permission: 'admin:users' } as const

const Held = z
  .object({
    roles: z.array(z.string()),
    items: z.array(
      z.object({
        name: z.string(),
        description: z.string(),
        assigned_at: z.iso.datetime(),
        assigned_by: z.int().nullable(),
      }),
    ),
  })
  .meta({ id: 'HeldRoles' })

/** The roles of a user, and since when and from whom he has them. Throws `not_found`. */
async function heldRoles(deps: Deps, userId: number): Promise<z.output<typeof Held>> {
  await findTarget(deps, userId)
  const rows = await deps.db
    .select({
      name: roles.name,
      description: roles.description,
      assignedAt: userRoles.assignedAt,
      assignedBy: userRoles.assignedBy,
    })
    .from(userRoles)
    .innerJoin(roles, eq(roles.id, userRoles.roleId))
    .where(eq(userRoles.userId, userId))
    .orderBy(asc(roles.name))
  return {
    roles: rows.map((row) => row.name),
    items: rows.map((row) => ({
      name: row.name,
      description: row.description,
      assigned_at: new Date(row.assignedAt).toISOString(),
      assigned_by: row.assignedBy,
    })),
  }
}

const path = '/api/v1/admin/users/{id}/roles'

const list = route(
  {
    method: 'get',
    path,
    tag: TAG,
    summary: 'Roles of a user',
    access: ACCESS,
    params: byId,
    answers: { 200: { description: 'What he holds, by name', schema: Held } },
    problems: ['not_found'],
  },
  async ({ deps, params }) => ({ status: 200, body: await heldRoles(deps, params.id) }),
)

const assign = route(
  {
    method: 'post',
    path,
    tag: TAG,
    summary: 'Give a role to a user',
    description: 'His live sessions have it at once. Not one that holds more than you do.',
    access: ACCESS,
    params: byId,
    body: z.strictObject({ role: z.string().min(1).max(100) }),
    answers: { 200: { description: 'What he holds now', schema: Held } },
    problems: ['not_found', 'outranked', 'effect_pending'],
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
    tag: TAG,
    summary: 'Take a role from a user',
    description:
      'It takes effect before the response is sent. An API key cannot take a role that carries an `admin:` permission.',
    access: ACCESS,
    params: byId.extend({ role: z.string().min(1).max(100) }),
    answers: { 204: { description: 'The user does not hold it' } },
    problems: ['not_found', 'outranked', 'last_admin', 'effect_pending'],
  },
  async ({ deps, principal, params }) => {
    await removeRole(deps, principal, params.id, params.role)
    return { status: 204 }
  },
)

export const userRoleRoutes = [list, assign, remove]
