/**
 * A mail to the user in whose name administrator rights are given, by their session or by their API key.
 * Such a grant outlives both, so a thief of either would use it first, and it asks for no password.
 */
import { eq } from 'drizzle-orm'
import type { Actor, Deps } from '../context'
import type { OutboxEntry } from '../commit/commit'
import { notice } from '../mail/messages'
import type { Target } from '../users/find-target'
import { ADMIN_ROLE, roles, userRoles } from '../tables/rbac'
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
  return tell(deps, actor, await openingRoles(deps, roleNames), { userId })
}

/** Those of some roles that open the administration, by name. */
async function openingRoles(deps: Deps, names: readonly string[]): Promise<string[]> {
  // At most five seconds old: a role that was given more meanwhile has told of that itself.
  const map = await roleMap(deps)
  return [...map.roles.values()]
    .filter(
      ({ name, permissions }) =>
        names.includes(name) && (name === ADMIN_ROLE || [...permissions].some(opensAdministration)),
    )
    .map(({ name }) => name)
    .sort()
}

/** Of an account that is activated: the roles that it holds come back with it, which is a grant too. */
export async function tellOfActivation(
  deps: Deps,
  actor: Actor,
  { id }: Pick<Target, 'id'>,
): Promise<OutboxEntry[]> {
  // A role assigned after this query is reported by its own request.
  const held = await deps.db
    .select({ name: roles.name })
    .from(userRoles)
    .innerJoin(roles, eq(roles.id, userRoles.roleId))
    .where(eq(userRoles.userId, id))
  const names = await openingRoles(
    deps,
    held.map(({ name }) => name),
  )
  return tell(deps, actor, names, { userId: id, isActivation: true })
}

/** Of permissions that go into a role. */
export const tellOfPermissions = (
  deps: Deps,
  actor: Actor,
  permissions: readonly string[],
): OutboxEntry[] => tell(deps, actor, permissions.filter(opensAdministration), { userId: null })

const tell = (
  deps: Deps,
  actor: Actor,
  given: readonly string[],
  { userId, isActivation = false }: { userId: number | null; isActivation?: boolean },
): OutboxEntry[] =>
  given.length === 0
    ? []
    : notice(deps, actor.subject, 'admin-rights-given', {
        about: 'rights',
        given,
        user_id: userId,
        api_key_id: actor.apiKeyId,
        is_activation: isActivation,
      })
