/**
 * What an actor must hold, as preconditions: decided inside the batch that acts on it, so that an
 * authority lost a moment ago grants nothing any more. The role `admin` carries everything by
 * definition. "Outranks": the target's permissions are not a subset of the actor's. A key reaches as far
 * as its scopes and its maker at once, is never everything, and never touches its maker.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { Actor } from '../context'
import type { Precondition } from '../commit/commit'
import { DomainError } from '../errors'
import { type Target, userNotFound } from '../users/find-target'
import { DEFAULT_ROLE } from '../tables/rbac'

/** As a condition on a user: a number, or a column of the query around it. */
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

/** Holds everything, what will be thought of later too. */
const isAlmighty = ({ userId, apiKeyId }: Actor): SQL =>
  apiKeyId === null ? isAdmin(userId) : sql`0`

/**
 * The permissions an actor grants and outranks by. Of a key: its scopes that its maker holds, and what
 * the role `user` carries, which everybody gets by registering and so ranks nobody.
 */
const reachOf = ({ userId, apiKeyId }: Actor): SQL =>
  apiKeyId === null
    ? permissionsHeldBy(userId)
    : sql`
  SELECT value.id FROM permissions AS value
  WHERE (value.id IN (${scopesOf(apiKeyId)}) AND (${isAdmin(userId)} OR value.id IN (${permissionsHeldBy(userId)})))
    OR value.id IN (SELECT role_permissions.permission_id FROM roles
      JOIN role_permissions ON role_permissions.role_id = roles.id WHERE roles.name = ${DEFAULT_ROLE})`

/** The actor is still active and still holds the permission that let him in. */
export const stillMay = (actor: Actor, permission: string): Precondition => ({
  name: 'actor_still_may',
  holds: sql`EXISTS (SELECT 1 FROM users WHERE users.id = ${actor.userId} AND users.subject = ${actor.subject} AND users.status = 'active')
    AND (${isAdmin(actor.userId)} OR (SELECT id FROM permissions WHERE name = ${permission}) IN (${permissionsHeldBy(actor.userId)}))
    AND ${actor.apiKeyId === null ? sql`1` : sql`(SELECT id FROM permissions WHERE name = ${permission}) IN (${scopesOf(actor.apiKeyId)})`}`,
  otherwise: 'forbidden',
})

/**
 * Actors cannot modify users who hold permissions they lack. As a condition on a user: a number, or a
 * column of the query around it.
 */
export const isWithinReach = (actor: Actor, targetId: number | SQL): SQL =>
  sql`(${isAlmighty(actor)} OR (NOT ${isAdmin(targetId)} AND NOT EXISTS (
    SELECT 1 FROM (${permissionsHeldBy(targetId)}) AS held
    WHERE held.permission_id NOT IN (${reachOf(actor)}))
    AND ${isItsMaker(actor, targetId) ? 0 : 1}))`

/** The same as a precondition; a target that is not there outranks nobody. */
export const notOutrankedBy = (actor: Actor, targetId: number | SQL): Precondition => ({
  name: 'not_outranked',
  holds: isWithinReach(actor, targetId),
  otherwise: 'outranked',
})

/** A key that could change its maker's address would be worth more than its scopes, and outlive itself. */
const isItsMaker = ({ apiKeyId, userId }: Actor, targetId: number | SQL): boolean =>
  apiKeyId !== null && userId === targetId

/** The account is there when the batch runs, and nobody else's under its id. */
export const isThere = ({ id, subject }: Pick<Target, 'id' | 'subject'>): Precondition => ({
  name: 'target_is_there',
  holds: sql`EXISTS (SELECT 1 FROM users WHERE users.id = ${id} AND users.subject = ${subject})`,
  otherwise: userNotFound(),
})

/** What every change of somebody's account asks of its actor. */
export const mayTouch = (actor: Actor, target: Pick<Target, 'id' | 'subject'>): Precondition[] => [
  stillMay(actor, 'admin:users'),
  isThere(target),
  notOutrankedBy(actor, target.id),
]

/** His own address and factor everybody changes by password and code, which a stolen session has not. */
export const notHimself = (actor: Actor, target: Pick<Target, 'id'>): Precondition => ({
  name: 'not_himself',
  holds: sql`${actor.userId} <> ${target.id}`,
  otherwise: new DomainError('forbidden', { detail: 'Not of yourself' }),
})

/**
 * A key moves no address of a user who may administer: with the address goes the password, by a reset,
 * and an account that was taken in this way would outlive the key.
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
 * A key takes no administrator rights away: not a role that carries them, nor a permission out of a role
 * (`kept` is what the role is to carry). Otherwise it could take them for as long as it takes to move the
 * address, which `noStaffByKey` refuses, and give them back.
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
            detail: 'An API key cannot take administrator rights away',
          }),
        },
      ]

/** Nobody grants what he does not hold: every permission of these roles is one of the actor's. */
export const mayGrantRoles = (actor: Actor, roleNames: readonly string[]): Precondition => ({
  name: 'may_grant_roles',
  holds: sql`${isAlmighty(actor)} OR NOT EXISTS (
    SELECT 1 FROM json_each(${JSON.stringify(roleNames)}) AS granted
    JOIN roles ON roles.name = granted.value
    LEFT JOIN role_permissions ON role_permissions.role_id = roles.id
    WHERE roles.name = 'admin' OR (role_permissions.permission_id IS NOT NULL
      AND role_permissions.permission_id NOT IN (${reachOf(actor)})))`,
  otherwise: 'forbidden',
})

/** The same for single permissions, which go into a role. */
export const mayGrantPermissions = (actor: Actor, names: readonly string[]): Precondition => ({
  name: 'may_grant_permissions',
  holds: sql`${isAlmighty(actor)} OR NOT EXISTS (
    SELECT 1 FROM json_each(${JSON.stringify(names)}) AS granted
    JOIN permissions ON permissions.name = granted.value
    WHERE permissions.id NOT IN (${reachOf(actor)}))`,
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
