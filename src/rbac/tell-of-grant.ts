/**
 * A mail to the user in whose name administrator rights are given, by their session or by their API key.
 * Such a grant outlives both, so a thief of either would use it first, and it asks for no password.
 */
import type { Actor, Deps } from '../context'
import type { OutboxEntry } from '../db/commit'
import { notice } from '../mail/messages'
import { ADMIN_ROLE } from './permissions'
import { roleMap } from './role-map'

const opensAdministration = (permission: string): boolean => permission.startsWith('admin:')

/** Of roles that are given: `userId` is to whom, null where the batch itself makes the account. */
export async function tellOfGrant(
  deps: Deps,
  actor: Actor,
  roleNames: readonly string[],
  userId: number | null,
): Promise<OutboxEntry[]> {
  if (roleNames.length === 0) return []
  // At most five seconds old: a role that was given more meanwhile has told of that itself.
  const { roles } = await roleMap(deps)
  const given = [...roles.values()].filter(
    ({ name, permissions }) =>
      roleNames.includes(name) &&
      (name === ADMIN_ROLE || [...permissions].some(opensAdministration)),
  )
  return tell(deps, actor, given.map(({ name }) => name).sort(), userId)
}

/** Of permissions that go into a role. */
export const tellOfPermissions = (
  deps: Deps,
  actor: Actor,
  permissions: readonly string[],
): OutboxEntry[] => tell(deps, actor, permissions.filter(opensAdministration), null)

const tell = (
  deps: Deps,
  actor: Actor,
  given: readonly string[],
  userId: number | null,
): OutboxEntry[] =>
  given.length === 0
    ? []
    : notice(deps, actor.subject, 'admin-rights-given', {
        about: 'rights',
        given,
        user_id: userId,
        api_key_id: actor.apiKeyId,
      })
