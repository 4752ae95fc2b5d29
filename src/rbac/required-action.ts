import type { Deps, RequiredAction } from '../context'
import { log } from '../log'
import type { AccountState } from '../sessions/session-types'
import { type RoleMap, roleNames } from './permissions'
import { roleMap } from './role-map'

/** The parts of the account state that decide on a required action. */
type RelevantState = Pick<AccountState, 'passwordExpiresAt' | 'isSecondFactorEnabled' | 'roleIds'>

/**
 * The action that is required before the session may do anything else, or null. Decided at every
 * request, so a password that expires during a session restricts it from that moment.
 */
export async function requiredActionOf(
  deps: Deps,
  state: RelevantState,
): Promise<RequiredAction | null> {
  const { passwordExpiresAt, isSecondFactorEnabled, roleIds } = state
  if (passwordExpiresAt !== null && passwordExpiresAt <= deps.now) return 'password_expired'
  const demanding = deps.config.REQUIRE_2FA_ROLES
  if (isSecondFactorEnabled || demanding.length === 0) return null
  const map = await roleMap(deps)
  warnOfUnknown(deps, map, demanding)
  const held = roleNames(map, roleIds)
  return held.some((name) => demanding.includes(name)) ? 'two_factor_required' : null
}

const looked = new WeakSet<RoleMap>()

/**
 * Logs the roles of REQUIRE_2FA_ROLES that do not exist, because a misspelled role would silently
 * require nothing. Once each time the roles are loaded.
 */
function warnOfUnknown(deps: Deps, map: RoleMap, demanding: readonly string[]): void {
  if (looked.has(map)) return
  looked.add(map)
  const existing = new Set([...map.roles.values()].map(({ name }) => name))
  const roles = demanding.filter((name) => !existing.has(name))
  if (roles.length > 0) {
    log.warn('unknown_roles', deps, { setting: 'REQUIRE_2FA_ROLES', roles })
  }
}
