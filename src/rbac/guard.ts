/** Who may call a route: from its declared access and the bearer token to a principal, or a refusal. */
import type { Deps, Principal } from '../context'
import { DomainError } from '../errors'
import type { GuardedAccess } from '../http/route'
import { type CheckedSession, requireSession } from '../sessions/require-session'
import { hasPermission } from './permissions'
import { restrictionOf } from './restriction'
import { roleMap } from './role-map'

/**
 * The signed-in principal a route asks for. Throws `invalid_access_token`, the session's restriction,
 * or `forbidden`.
 */
export async function guard(
  deps: Deps,
  access: GuardedAccess,
  token: string | undefined,
): Promise<Principal> {
  return admit(deps, access, await requireSession(deps, token))
}

/** The same for a session that was found otherwise: the hosted pages' cookie names one. */
export async function admit(
  deps: Deps,
  access: GuardedAccess,
  { authority, session }: CheckedSession,
): Promise<Principal> {
  const principal: Principal = {
    userId: authority.userId,
    subject: authority.subject,
    sid: session.sid,
    roleIds: authority.roleIds,
    restriction: await restrictionOf(deps, authority),
    isTwoFactorEnabled: authority.isTwoFactorEnabled,
    session,
  }
  if (access === 'restricted_session') return principal
  if (principal.restriction) throw new DomainError(principal.restriction)
  if (access !== 'session') await requirePermission(deps, principal.roleIds, access.permission)
  return principal
}

async function requirePermission(deps: Deps, roleIds: readonly number[], permission: string) {
  if (!hasPermission(await roleMap(deps), roleIds, permission)) throw new DomainError('forbidden')
}
