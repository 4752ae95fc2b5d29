/**
 * What an actor must hold, as preconditions: decided inside the batch that acts on it, so that an
 * authority lost a moment ago grants nothing any more. The role `admin` carries everything by
 * definition. "Outranks": the target's permissions are not a subset of the actor's.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { Principal } from '../context'
import type { Precondition } from '../db/commit'
import { type Target, userNotFound } from '../users/find-target'

const isAdmin = (userId: number): SQL => sql`
  EXISTS (SELECT 1 FROM user_roles JOIN roles ON roles.id = user_roles.role_id
    WHERE user_roles.user_id = ${userId} AND roles.name = 'admin')`

const permissionsHeldBy = (userId: number): SQL => sql`
  SELECT role_permissions.permission_id FROM user_roles
  JOIN role_permissions ON role_permissions.role_id = user_roles.role_id
  WHERE user_roles.user_id = ${userId}`

/** The actor is still active and still holds the permission that let him in. */
export const stillMay = (actor: Principal, permission: string): Precondition => ({
  name: 'actor_still_may',
  holds: sql`EXISTS (SELECT 1 FROM users WHERE users.id = ${actor.userId} AND users.subject = ${actor.subject} AND users.status = 'active')
    AND (${isAdmin(actor.userId)} OR (SELECT id FROM permissions WHERE name = ${permission}) IN (${permissionsHeldBy(actor.userId)}))`,
  otherwise: 'forbidden',
})

/** Nobody touches who holds more than he. */
const notOutrankedBy = (actor: Principal, targetId: number): Precondition => ({
  name: 'not_outranked',
  holds: sql`${isAdmin(actor.userId)} OR (NOT ${isAdmin(targetId)} AND NOT EXISTS (
    SELECT 1 FROM (${permissionsHeldBy(targetId)}) AS held
    WHERE held.permission_id NOT IN (${permissionsHeldBy(actor.userId)})))`,
  otherwise: 'outranked',
})

/** The account is there when the batch runs, and nobody else's under its id. */
export const isThere = ({ id, subject }: Pick<Target, 'id' | 'subject'>): Precondition => ({
  name: 'target_is_there',
  holds: sql`EXISTS (SELECT 1 FROM users WHERE users.id = ${id} AND users.subject = ${subject})`,
  otherwise: userNotFound(),
})

/** What every change of somebody's account asks of its actor. */
export const mayTouch = (
  actor: Principal,
  target: Pick<Target, 'id' | 'subject'>,
): Precondition[] => [
  stillMay(actor, 'admin:users'),
  isThere(target),
  notOutrankedBy(actor, target.id),
]

/** Nobody grants what he does not hold: every permission of these roles is one of the actor's. */
export const mayGrantRoles = (actor: Principal, roleNames: readonly string[]): Precondition => ({
  name: 'may_grant_roles',
  holds: sql`${isAdmin(actor.userId)} OR NOT EXISTS (
    SELECT 1 FROM json_each(${JSON.stringify(roleNames)}) AS granted
    JOIN roles ON roles.name = granted.value
    LEFT JOIN role_permissions ON role_permissions.role_id = roles.id
    WHERE roles.name = 'admin' OR (role_permissions.permission_id IS NOT NULL
      AND role_permissions.permission_id NOT IN (${permissionsHeldBy(actor.userId)})))`,
  otherwise: 'forbidden',
})

/** The same for single permissions, which go into a role. */
export const mayGrantPermissions = (actor: Principal, names: readonly string[]): Precondition => ({
  name: 'may_grant_permissions',
  holds: sql`${isAdmin(actor.userId)} OR NOT EXISTS (
    SELECT 1 FROM json_each(${JSON.stringify(names)}) AS granted
    JOIN permissions ON permissions.name = granted.value
    WHERE permissions.id NOT IN (${permissionsHeldBy(actor.userId)}))`,
  otherwise: 'forbidden',
})

/** Whatever happens to this user, an active admin remains. */
export const anAdminRemains = (targetId: number): Precondition => ({
  name: 'an_admin_remains',
  holds: sql`NOT (${isAdmin(targetId)} AND EXISTS (SELECT 1 FROM users WHERE id = ${targetId} AND status = 'active'))
    OR EXISTS (SELECT 1 FROM user_roles JOIN roles ON roles.id = user_roles.role_id
      JOIN users ON users.id = user_roles.user_id
      WHERE roles.name = 'admin' AND users.status = 'active' AND users.id <> ${targetId})`,
  otherwise: 'last_admin',
})
