import { sql } from 'drizzle-orm'
import type { Precondition } from '../commit/commit'
import type { Deps } from '../context'
import { DomainError } from '../errors'
import { roleMap } from './role-map'

/** Precondition: all of these roles exist when the batch runs. */
export const areKnownRoles = (names: readonly string[]): Precondition => ({
  name: 'roles_known',
  holds: sql`NOT EXISTS (SELECT 1 FROM json_each(${JSON.stringify(names)})
    WHERE value NOT IN (SELECT name FROM roles))`,
  otherwise: new DomainError('not_found', { detail: 'Role not found' }),
})

/** The id of a role. Throws `not_found` for an unknown one. */
export async function roleIdOf(deps: Deps, role: string): Promise<number> {
  const { roles } = await roleMap(deps)
  for (const [roleId, { name }] of roles) if (name === role) return roleId
  throw new DomainError('not_found', { detail: 'Role not found' })
}
