/**
 * Roles are data. A name is canonical (ASCII lower case) and never changes, so no other role can
 * look like `admin` by case or look-alike letters. A role's permissions may change; the change
 * reaches every isolate within 5 s.
 */
import { eq, sql } from 'drizzle-orm'
import * as z from 'zod'
import { commit, type Precondition } from '../commit/commit'
import type { Actor, Deps } from '../context'
import type { Statement } from '../db/batch'
import { isUniqueViolation } from '../db/faults'
import { DomainError, invalidFields } from '../errors'
import { ADMIN_ROLE, ROLE_NAME, roles } from '../tables/rbac'
import {
  mayGrantPermissions,
  mayGrantRoles,
  noRightsTakenByKey,
  hasPermissionNow,
} from './conditions'
import { forgetRoleMap } from './role-map'
import { tellOfPermissions } from './tell-of-grant'

export const roleNameField = z
  .string()
  .regex(
    ROLE_NAME,
    'A role name has 2 to 50 lower-case letters, digits, - or _, beginning with a letter',
  )
  .meta({ example: 'editor' })

export interface RoleDefinition {
  readonly description: string
  readonly permissions: readonly string[]
}

/** Creates a role. Throws `name_taken`, `forbidden`, `validation_failed` for unknown permissions. */
export async function createRole(
  deps: Deps,
  actor: Actor,
  name: string,
  { description, permissions }: RoleDefinition,
): Promise<void> {
  await refuseUnknown(deps, permissions)
  try {
    await commit(deps, {
      preconditions: [
        hasPermissionNow(actor, 'admin:system'),
        mayGrantPermissions(actor, permissions),
      ],
      change: [
        deps.db.insert(roles).values({ name, description, createdAt: deps.now }),
        permit(name, permissions),
      ],
      audit: [
        {
          event: 'rbac.role_created',
          actor: actor.userId,
          target: null,
          data: { role: name, permissions: [...permissions] },
        },
      ],
      outbox: tellOfPermissions(deps, actor, permissions),
    })
  } catch (error) {
    if (isUniqueViolation(error, 'roles.name')) throw new DomainError('name_taken')
    throw error
  }
  forgetRoleMap(deps)
}

/**
 * Changes a role's description or permissions; does nothing if neither is given. Throws
 * `not_found`, `built_in` for `admin`, `validation_failed`, and `forbidden` if the role has or
 * would get permissions that the actor lacks, or if an API key would remove an `admin:` permission.
 */
export async function changeRole(
  deps: Deps,
  actor: Actor,
  name: string,
  change: { description?: string | undefined; permissions?: readonly string[] | undefined },
): Promise<void> {
  if (name === ADMIN_ROLE) throw new DomainError('built_in')
  const { description, permissions } = change
  if (description === undefined && permissions === undefined) return
  if (permissions) await refuseUnknown(deps, permissions)
  await commit(deps, {
    preconditions: [
      exists(name),
      hasPermissionNow(actor, 'admin:system'),
      mayGrantRoles(actor, [name]),
      mayGrantPermissions(actor, permissions ?? []),
      ...(permissions ? noRightsTakenByKey(actor, name, permissions) : []),
    ],
    change: [
      ...(description === undefined
        ? []
        : [deps.db.update(roles).set({ description }).where(eq(roles.name, name))]),
      ...(permissions
        ? [
            sql`DELETE FROM role_permissions WHERE role_id = (SELECT id FROM roles WHERE name = ${name})`,
            permit(name, permissions),
          ]
        : []),
    ],
    audit: [
      {
        event: 'rbac.role_changed',
        actor: actor.userId,
        target: null,
        data: { role: name, permissions: permissions ? [...permissions] : null },
      },
    ],
    outbox: tellOfPermissions(deps, actor, permissions ?? []),
  })
  forgetRoleMap(deps)
}

/** Deletes a role that nobody holds. Throws `not_found`, `built_in`, `in_use`, `forbidden`. */
export async function deleteRole(deps: Deps, actor: Actor, name: string): Promise<void> {
  await commit(deps, {
    preconditions: [
      exists(name),
      {
        name: 'not_built_in',
        holds: sql`(SELECT built_in FROM roles WHERE name = ${name}) = 0`,
        otherwise: 'built_in',
      },
      hasPermissionNow(actor, 'admin:system'),
      mayGrantRoles(actor, [name]),
      {
        name: 'held_by_nobody',
        holds: sql`NOT EXISTS (SELECT 1 FROM user_roles JOIN roles ON roles.id = user_roles.role_id WHERE roles.name = ${name})`,
        otherwise: 'in_use',
      },
    ],
    change: [deps.db.delete(roles).where(eq(roles.name, name))],
    audit: [
      { event: 'rbac.role_deleted', actor: actor.userId, target: null, data: { role: name } },
    ],
  })
  forgetRoleMap(deps)
}

const exists = (name: string): Precondition => ({
  name: 'role_exists',
  holds: sql`EXISTS (SELECT 1 FROM roles WHERE name = ${name})`,
  otherwise: new DomainError('not_found', { detail: 'Role not found' }),
})

const permit = (role: string, names: readonly string[]): Statement => sql`
  INSERT INTO role_permissions (role_id, permission_id)
  SELECT roles.id, permissions.id FROM roles
  JOIN json_each(${JSON.stringify([...new Set(names)])}) AS granted
  JOIN permissions ON permissions.name = granted.value
  WHERE roles.name = ${role}`

/** Throws `validation_failed` for each name in `permissions` that does not exist. */
export async function refuseUnknown(deps: Deps, names: readonly string[]): Promise<void> {
  const unknown = await deps.db.all<{ value: string }>(sql`
    SELECT value FROM json_each(${JSON.stringify(names)})
    WHERE value NOT IN (SELECT name FROM permissions)`)
  if (unknown.length === 0) return
  throw invalidFields(
    unknown.map(({ value }) => ({
      path: `permissions.${names.indexOf(value)}`,
      code: 'unknown_permission',
      message: `There is no permission named ${value}`,
    })),
  )
}
