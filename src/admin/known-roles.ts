import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { DomainError } from '../errors'

/** Throws `not_found` when a role of these does not exist. */
export async function refuseUnknownRoles(deps: Deps, names: readonly string[]): Promise<void> {
  const [unknown] = await deps.db.all<{ value: string }>(sql`
    SELECT value FROM json_each(${JSON.stringify(names)})
    WHERE value NOT IN (SELECT name FROM roles) LIMIT 1`)
  if (unknown) throw new DomainError('not_found', { detail: 'Role not found' })
}
