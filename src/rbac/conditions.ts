/**
 * What an actor may do, as preconditions. They are checked inside the batch that makes the change,
 * so a permission that was revoked a moment ago no longer counts (test/rbac/preconditions.test.ts).
 * The role `admin` has every permission by definition. A user outranks an actor by holding
 * permissions that the actor lacks. An API key has those of its scopes that its maker holds too, is
 * never a superuser, and cannot act on its maker.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { Precondition } from '../commit/commit'
import type { Actor } from '../context'
import { DomainError } from '../errors'
import { DEFAULT_ROLE } from '../tables/rbac'
import { type Target, userNotFound } from '../users/find-target'

export const isAdmin = (userId: number | SQL): SQL => sql`
  EXISTS (SELECT 1 FROM user_roles JOIN roles ON roles.id = user_roles.role_id
    WHERE user_roles.user_id = ${userId} AND roles.name = 'admin')`

export const permissionsHeldBy = (userId: number | SQL): SQL => sql`
  SELECT role_permissions.permission_id FROM user_roles
  JOIN role_permissions ON role_permissions.role_id = user_roles.role_id
  WHERE user_roles.user_id = ${userId}`

const scopesOf = (keyId: string): SQL => sql`
  SELECT scope.permission_id FROM api_key_permissions AS scope
  JOIN api_keys ON api_keys.id = scope.api_key_id AND api_keys.revoked_at IS NULL
  WHERE scope.api_key_id = ${keyId}`

/** A superuser has every permission, including future ones. An API key is never a superuser. */
const isSuperuser = ({ userId, apiKeyId }: Actor): SQL =>
  apiKeyId === null ? isAdmin(userId) : sql`0`

/**
 * The actor's effective permissions, which limit what the actor may grant and whom they may manage.
 * For an API key: those of its scopes that its maker holds too, and what the role `user` permits.
 * Everybody gets that role by registering, so it must not make anybody outrank the key.
 */
const effectivePermissions = ({ userId, apiKeyId }: Actor): SQL =>
  apiKeyId === null
    ? permissionsHeldBy(userId)
    : sql`
  SELECT value.id FROM permissions AS value
  WHERE (value.id IN (${scopesOf(apiKeyId)}) AND (${isAdmin(userId)} OR value.id IN (${permissionsHeldBy(userId)})))
    OR value.id IN (SELECT role_permissions.permission_id FROM roles
      JOIN role_permissions ON role_permissions.role_id = roles.id WHERE roles.name = ${DEFAULT_ROLE})`

/** Precondition: the actor is still active and still has the permission that admitted the request. */
export const hasPermissionNow = (actor: Actor, permission: string): Precondition => ({
  name: 'actor_still_may',
  holds: sql`EXISTS (SELECT 1 FROM users WHERE users.id = ${actor.userId} AND users.subject = ${actor.subject} AND users.status = 'active')
    AND (${isAdmin(actor.userId)} OR (SELECT id FROM permissions WHERE name = ${permission}) IN (${permissionsHeldBy(actor.userId)}))
    AND ${actor.apiKeyId === null ? sql`1` : sql`(SELECT id FROM permissions WHERE name = ${permission}) IN (${scopesOf(actor.apiKeyId)})`}`,
  otherwise: 'forbidden',
})

/**
 * Actors cannot modify users who hold permissions they lack. A condition on a user, given by id or
 * by a column of the surrounding query. See test/rbac/outranked.test.ts.
 */
export const isWithinReach = (actor: Actor, targetId: number | SQL): SQL =>
  sql`(${isSuperuser(actor)} OR (NOT ${isAdmin(targetId)} AND NOT EXISTS (
    SELECT 1 FROM (${permissionsHeldBy(targetId)}) AS held
    WHERE held.permission_id NOT IN (${effectivePermissions(actor)}))
    AND ${isItsMaker(actor, targetId) ? 0 : 1}))`

/** The same as a precondition. A target that does not exist outranks nobody. */
export const notOutrankedBy = (actor: Actor, targetId: number | SQL): Precondition => ({
  name: 'not_outranked',
  holds: isWithinReach(actor, targetId),
  otherwise: 'outranked',
})

/**
 * A key that could change its maker's address could take over the account. That is more than its
 * scopes allow, and it would outlast the key.
 */
const isItsMaker = ({ apiKeyId, userId }: Actor, targetId: number | SQL): boolean =>
  apiKeyId !== null && userId === targetId

/** Precondition: the account still exists when the batch runs, and its id belongs to no other. */
export const isThere = ({ id, subject }: Pick<Target, 'id' | 'subject'>): Precondition => ({
  name: 'target_is_there',
  holds: sql`EXISTS (SELECT 1 FROM users WHERE users.id = ${id} AND users.subject = ${subject})`,
  otherwise: userNotFound(),
})

/** The preconditions of every change to a user's account by staff. */
export const canManage = (actor: Actor, target: Pick<Target, 'id' | 'subject'>): Precondition[] => [
  hasPermissionNow(actor, 'admin:users'),
  isThere(target),
  notOutrankedBy(actor, target.id),
]

/**
 * Users change their own address and second factor by password and code. A stolen session has
 * neither.
 */
export const isNotSelf = (actor: Actor, target: Pick<Target, 'id'>): Precondition => ({
  name: 'not_self',
  holds: sql`${actor.userId} <> ${target.id}`,
  otherwise: new DomainError('forbidden', { detail: 'You cannot do this to your own account' }),
})

/**
 * An API key cannot change the address of a user with `admin:` permissions. Whoever has the address
 * can reset the password, and an account that was taken over in this way would outlast the key. See
 * test/api-keys/outlives.test.ts.
 */
export const noStaffByKey = (actor: Actor, targetId: number): Precondition[] =>
  actor.apiKeyId === null
    ? []
    : [
        {
          name: 'no_staff_by_key',
          holds: sql`NOT EXISTS (SELECT 1 FROM permissions WHERE substr(permissions.name, 1, 6) = 'admin:'
            AND permissions.id IN (${permissionsHeldBy(targetId)}))`,
          otherwise: new DomainError('forbidden', {
            detail: 'An API key cannot change the address of an administrator',
          }),
        },
      ]

/**
 * An API key cannot remove `admin:` permissions, neither by taking away a role that has them nor by
 * dropping them from a role (`kept` lists the permissions that the role keeps). Otherwise it could
 * remove them, change the address, which `noStaffByKey` forbids, and then restore them.
 */
export const noRightsTakenByKey = (
  actor: Actor,
  role: string,
  kept: readonly string[] = [],
): Precondition[] =>
  actor.apiKeyId === null
    ? []
    : [
        {
          name: 'no_rights_taken_by_key',
          holds: sql`NOT EXISTS (SELECT 1 FROM roles
            JOIN role_permissions ON role_permissions.role_id = roles.id
            JOIN permissions ON permissions.id = role_permissions.permission_id
            WHERE roles.name = ${role} AND substr(permissions.name, 1, 6) = 'admin:'
              AND permissions.name NOT IN (SELECT value FROM json_each(${JSON.stringify(kept)})))`,
          otherwise: new DomainError('forbidden', {
            detail: 'An API key cannot remove administrator permissions',
          }),
        },
      ]

/** Actors cannot grant roles with permissions that they lack. */
export const mayGrantRoles = (actor: Actor, roleNames: readonly string[]): Precondition => ({
  name: 'may_grant_roles',
  holds: sql`${isSuperuser(actor)} OR NOT EXISTS (
    SELECT 1 FROM json_each(${JSON.stringify(roleNames)}) AS granted
    JOIN roles ON roles.name = granted.value
    LEFT JOIN role_permissions ON role_permissions.role_id = roles.id
    WHERE roles.name = 'admin' OR (role_permissions.permission_id IS NOT NULL
      AND role_permissions.permission_id NOT IN (${effectivePermissions(actor)})))`,
  otherwise: 'forbidden',
})

/** The same for permissions that are added to a role. */
export const mayGrantPermissions = (actor: Actor, names: readonly string[]): Precondition => ({
  name: 'may_grant_permissions',
  holds: sql`${isSuperuser(actor)} OR NOT EXISTS (
    SELECT 1 FROM json_each(${JSON.stringify(names)}) AS granted
    JOIN permissions ON permissions.name = granted.value
    WHERE permissions.id NOT IN (${effectivePermissions(actor)}))`,
  otherwise: 'forbidden',
})

/**
 * Precondition: an active admin remains, whatever happens to this user
 * (test/rbac/last-admin.test.ts).
 */
export const anAdminRemains = (targetId: number): Precondition => ({
  name: 'an_admin_remains',
  holds: sql`NOT (${isAdmin(targetId)} AND EXISTS (SELECT 1 FROM users WHERE id = ${targetId} AND status = 'active'))
    OR EXISTS (SELECT 1 FROM user_roles JOIN roles ON roles.id = user_roles.role_id
      JOIN users ON users.id = user_roles.user_id
      WHERE roles.name = 'admin' AND users.status = 'active' AND users.id <> ${targetId})`,
  otherwise: 'last_admin',
})
