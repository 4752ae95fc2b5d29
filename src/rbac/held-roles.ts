import { asc, eq } from 'drizzle-orm'
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import type { Deps } from '../context'
import { roles, userRoles } from '../tables/rbac'
import { iso } from '../time'
import { findTarget } from '../users/find-target'

export const HeldRoles = answerSchema(() =>
  z
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
    .meta({ id: 'HeldRoles' }),
)

/** The roles of a user, when each was assigned and by whom. Throws `not_found`. */
export async function heldRoles(deps: Deps, userId: number): Promise<z.output<typeof HeldRoles>> {
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
      assigned_at: iso(row.assignedAt),
      assigned_by: row.assignedBy,
    })),
  }
}
