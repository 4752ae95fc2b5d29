import type { Deps, Restriction } from '../context'
import type { Authority } from './session-types'

/**
 * What a session must cure before it may do anything else. Decided anew at every request, so a
 * password that expires in mid-session restricts it from that moment.
 */
export function restrictionOf(deps: Deps, authority: Authority): Restriction | null {
  const { passwordExpiresAt } = authority
  if (passwordExpiresAt !== null && passwordExpiresAt <= deps.now) return 'password_expired'
  return null
}
