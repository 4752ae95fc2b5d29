/**
 * Emails the user in whose name `admin:` permissions are granted, by their session or their API
 * key. A grant outlasts both and requires no password, so a thief of either would use it first.
 */
import { eq } from 'drizzle-orm'
import type { OutboxEntry } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { notification } from '../mail/messages'
import { ADMIN_ROLE, roles, userRoles } from '../tables/rbac'
import type { Target } from '../users/find-target'
import { roleMap } from './role-map'

const opensAdministration = (permission: string): boolean => permission.startsWith('admin:')

/** For roles that are granted. `userId` gets them; null if the batch creates the account. */
export async function tellOfGrant(
  deps: Deps,
  actor: Actor,
  roleNames: readonly string[],
  userId: number | null,
): Promise<OutboxEntry[]> {
  if (roleNames.length === 0) return []
  return tell(deps, actor, await openingRoles(deps, roleNames), { userId })
}

/** Which of these roles have `admin:` permissions, sorted by name. */
async function openingRoles(deps: Deps, names: readonly string[]): Promise<string[]> {
  // At most five seconds old: the change that added a permission since then has sent its own email.
  const map = await roleMap(deps)
  return [...map.roles.values()]
    .filter(
      ({ name, permissions }) =>
        names.includes(name) && (name === ADMIN_ROLE || [...permissions].some(opensAdministration)),
    )
    .map(({ name }) => name)
    .sort()
}

/** For an account that is activated: its roles take effect again, which is a grant too. */
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

/** For permissions that are added to a role. */
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
    : notification(deps, actor.subject, 'admin-rights-given', {
        about: 'rights',
        given,
        user_id: userId,
        api_key_id: actor.apiKeyId,
        is_activation: isActivation,
      })
