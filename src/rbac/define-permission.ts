import { eq, sql } from 'drizzle-orm'
import * as z from 'zod'
import { commit } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { isUniqueViolation } from '../db/faults'
import { DomainError } from '../errors'
import { permissions } from '../tables/rbac'
import { hasPermissionNow } from './conditions'
import { forgetRoleMap } from './role-map'

/** Canonical like role names, and of the form `verb:what`. */
export const permissionNameField = z
  .string()
  .max(100)
  .regex(
    /^[a-z][a-z0-9_.-]*:[a-z][a-z0-9_.-]*$/,
    'A permission name reads like read:own: lower-case letters, digits, _ . and -',
  )
  .meta({ example: 'publish:articles' })

/** Creates a permission, which only `admin` has, by definition. Throws `name_taken`, `forbidden`. */
export async function createPermission(
  deps: Deps,
  actor: Actor,
  permission: string,
  description: string,
): Promise<void> {
  try {
    await commit(deps, {
      preconditions: [hasPermissionNow(actor, 'admin:system')],
      change: [
        deps.db.insert(permissions).values({ name: permission, description, createdAt: deps.now }),
      ],
      audit: [
        {
          event: 'rbac.permission_created',
          actor: actor.userId,
          target: null,
          data: { permission },
        },
      ],
    })
  } catch (error) {
    if (isUniqueViolation(error, 'permissions.name')) throw new DomainError('name_taken')
    throw error
  }
  forgetRoleMap(deps)
}

/** Deletes a permission that no role has. Throws `not_found`, `built_in`, `in_use`, `forbidden`. */
export async function deletePermission(
  deps: Deps,
  actor: Actor,
  permission: string,
): Promise<void> {
  await commit(deps, {
    preconditions: [
      {
        name: 'permission_exists',
        holds: sql`EXISTS (SELECT 1 FROM permissions WHERE name = ${permission})`,
        otherwise: new DomainError('not_found', { detail: 'Permission not found' }),
      },
      {
        name: 'not_built_in',
        holds: sql`(SELECT built_in FROM permissions WHERE name = ${permission}) = 0`,
        otherwise: 'built_in',
      },
      hasPermissionNow(actor, 'admin:system'),
      {
        name: 'in_no_role',
        holds: sql`NOT EXISTS (SELECT 1 FROM role_permissions JOIN permissions ON permissions.id = role_permissions.permission_id WHERE permissions.name = ${permission})`,
        otherwise: 'in_use',
      },
    ],
    change: [deps.db.delete(permissions).where(eq(permissions.name, permission))],
    audit: [
      { event: 'rbac.permission_deleted', actor: actor.userId, target: null, data: { permission } },
    ],
  })
  forgetRoleMap(deps)
}
