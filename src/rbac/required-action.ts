import type { Deps, LiveSession, RequiredAction } from '../context'
import { log } from '../log'
import { type RelevantState, requiredActionFor } from '../sessions/required-action-rule'
import { strengthOf } from '../sessions/strength'
import type { RoleMap } from './permissions'
import { roleMap } from './role-map'

/**
 * The action that is required before the session may do anything else, or null. Decided at every
 * request, so a password that expires during a session restricts it from that moment. The user's object
 * decides by the same rule before it issues a code to an app.
 */
export async function requiredActionOf(
  deps: Deps,
  state: RelevantState,
  session: Pick<LiveSession, 'amr'>,
): Promise<RequiredAction | null> {
  // The roles are loaded only if they can matter.
  const isWeak = strengthOf(session) < 2
  const isDemanded = isWeak && (await demandsTwoFactors(deps, state.roleIds))
  return requiredActionFor(state, session, deps.now, isDemanded)
}

/** The roles that demand sessions that two factors have opened (REQUIRE_2FA_ROLES). */
export const twoFactorRoleIds = (deps: Deps): Promise<number[]> => idsOf(deps, 'REQUIRE_2FA_ROLES')

/** Whether one of these roles demands such a session. */
export const demandsTwoFactors = (deps: Deps, roleIds: readonly number[]): Promise<boolean> =>
  holdsOneOf(deps, roleIds, 'REQUIRE_2FA_ROLES')

/** Whether one of these roles takes passkeys only if they cannot leave their device. */
export const demandsDeviceBound = (deps: Deps, roleIds: readonly number[]): Promise<boolean> =>
  holdsOneOf(deps, roleIds, 'REQUIRE_DEVICE_BOUND_ROLES')

async function holdsOneOf(
  deps: Deps,
  roleIds: readonly number[],
  setting: 'REQUIRE_2FA_ROLES' | 'REQUIRE_DEVICE_BOUND_ROLES',
): Promise<boolean> {
  const demanding = await idsOf(deps, setting)
  return roleIds.some((id) => demanding.includes(id))
}

async function idsOf(
  deps: Deps,
  setting: 'REQUIRE_2FA_ROLES' | 'REQUIRE_DEVICE_BOUND_ROLES',
): Promise<number[]> {
  const names = deps.config[setting]
  if (names.length === 0) return []
  const map = await roleMap(deps)
  warnOfUnknown(deps, map)
  return [...map.roles].flatMap(([id, { name }]) => (names.includes(name) ? [id] : []))
}

const looked = new WeakSet<RoleMap>()

/**
 * Logs the roles in the settings that do not exist, because a misspelled role would silently require
 * nothing. Once each time the roles are loaded.
 */
function warnOfUnknown(deps: Deps, map: RoleMap): void {
  if (looked.has(map)) return
  looked.add(map)
  const existing = new Set([...map.roles.values()].map(({ name }) => name))
  for (const setting of ['REQUIRE_2FA_ROLES', 'REQUIRE_DEVICE_BOUND_ROLES'] as const) {
    const roles = deps.config[setting].filter((name) => !existing.has(name))
    if (roles.length > 0) log.warn('unknown_roles', deps, { setting, roles })
  }
}
