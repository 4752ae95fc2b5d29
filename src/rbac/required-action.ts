import type { Deps, LiveSession, RequiredAction } from '../context'
import { log } from '../log'
import type { AccountState } from '../sessions/session-types'
import { strengthOf } from '../sessions/strength'
import { type RoleMap, roleNames } from './permissions'
import { roleMap } from './role-map'

/** The parts of the account state that decide on a required action. */
type RelevantState = Pick<AccountState, 'passwordExpiresAt' | 'roleIds'>

/**
 * The action that is required before the session may do anything else, or null. Decided at every
 * request, so a password that expires during a session restricts it from that moment. An expired
 * password does not restrict a session that was opened without it.
 */
export async function requiredActionOf(
  deps: Deps,
  state: RelevantState,
  session: Pick<LiveSession, 'amr'>,
): Promise<RequiredAction | null> {
  const { passwordExpiresAt, roleIds } = state
  const isExpired = passwordExpiresAt !== null && passwordExpiresAt <= deps.now
  if (isExpired && session.amr.includes('pwd')) return 'password_expired'
  if (strengthOf(session) === 2) return null
  return (await demandsTwoFactors(deps, roleIds)) ? 'two_factor_required' : null
}

/** Whether one of these roles demands sessions that two factors have opened (REQUIRE_2FA_ROLES). */
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
  const demanding = deps.config[setting]
  if (demanding.length === 0) return false
  const map = await roleMap(deps)
  warnOfUnknown(deps, map)
  return roleNames(map, roleIds).some((name) => demanding.includes(name))
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
