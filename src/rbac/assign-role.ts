import { eq, sql } from 'drizzle-orm'
import type { Actor, Deps } from '../context'
import type { Statement } from '../db/batch'
import { DomainError } from '../errors'
import { commitAndSync } from '../sessions/account-state'
import { roles, userRoles } from '../tables/rbac'
import { users } from '../tables/users'
import { findTarget } from '../users/find-target'
import { anAdminRemains, mayGrantRoles, canManage, noRightsTakenByKey } from './conditions'
import { tellOfGrant } from './tell-of-grant'

/**
 * Assigns a role to a user; repeating it changes nothing. The user's live sessions have the role
 * when this returns. The actor gets an email if the role has `admin:` permissions. Throws
 * `not_found`, `outranked`, `forbidden` for a role with permissions that the actor lacks.
 */
export async function assignRole(
  deps: Deps,
  actor: Actor,
  userId: number,
  role: string,
): Promise<void> {
  const { roleId, target } = await findBoth(deps, userId, role)
  await commitAndSync(deps, target.subject, {
    preconditions: [
      ...canManage(actor, target),
      {
        name: 'role_is_there',
        holds: sql`EXISTS (SELECT 1 FROM roles WHERE id = ${roleId})`,
        otherwise: roleNotFound(),
      },
      mayGrantRoles(actor, [role]),
      {
        name: 'not_held',
        holds: sql`NOT ${holds(userId, roleId)}`,
        otherwise: 'unchanged',
      },
    ],
    change: [
      deps.db
        .insert(userRoles)
        .values({ userId, roleId, assignedAt: deps.now, assignedBy: actor.userId }),
      rolesChanged(deps, userId),
    ],
    audit: [{ event: 'rbac.role_assigned', actor: actor.userId, target: userId, data: { role } }],
    outbox: await tellOfGrant(deps, actor, [role], userId),
  })
}

/**
 * Removes a role from a user; repeating it changes nothing. Takes effect before this returns.
 * Throws `not_found`, `outranked`, `forbidden` (also for an API key if the role has `admin:`
 * permissions), `last_admin`.
 */
export async function removeRole(
  deps: Deps,
  actor: Actor,
  userId: number,
  role: string,
): Promise<void> {
  const { roleId, target } = await findBoth(deps, userId, role)
  await commitAndSync(deps, target.subject, {
    preconditions: [
      ...canManage(actor, target),
      mayGrantRoles(actor, [role]),
      { name: 'held', holds: holds(userId, roleId), otherwise: 'unchanged' },
      ...noRightsTakenByKey(actor, role),
      ...(role === 'admin' ? [anAdminRemains(userId)] : []),
    ],
    change: [
      deps.db
        .delete(userRoles)
        .where(sql`${userRoles.userId} = ${userId} AND ${userRoles.roleId} = ${roleId}`),
      rolesChanged(deps, userId),
    ],
    audit: [{ event: 'rbac.role_removed', actor: actor.userId, target: userId, data: { role } }],
  })
}

const holds = (userId: number, roleId: number) =>
  sql`EXISTS (SELECT 1 FROM user_roles WHERE user_id = ${userId} AND role_id = ${roleId})`

/** Raises only `auth_version`: the user's object takes over the new roles, and sessions stay. */
const rolesChanged = (deps: Deps, userId: number): Statement =>
  deps.db
    .update(users)
    .set({ authVersion: sql`${users.authVersion} + 1`, updatedAt: deps.now })
    .where(eq(users.id, userId))

async function findBoth(deps: Deps, userId: number, role: string) {
  const target = await findTarget(deps, userId)
  const [found] = await deps.db.select({ id: roles.id }).from(roles).where(eq(roles.name, role))
  if (!found) throw roleNotFound()
  return { roleId: found.id, target }
}

const roleNotFound = () => new DomainError('not_found', { detail: 'Role not found' })
