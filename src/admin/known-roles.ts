import { sql } from 'drizzle-orm'
import type { Precondition } from '../db/commit'
import { DomainError } from '../errors'

/** Every role of these exists when the batch runs. */
export const areKnownRoles = (names: readonly string[]): Precondition => ({
  name: 'roles_known',
  holds: sql`NOT EXISTS (SELECT 1 FROM json_each(${JSON.stringify(names)})
    WHERE value NOT IN (SELECT name FROM roles))`,
  otherwise: new DomainError('not_found', { detail: 'Role not found' }),
})
