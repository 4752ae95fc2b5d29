/**
 * Who may call a route: from its declared access and the bearer token to who acts, or a refusal. A key
 * is taken where a permission is asked for and nowhere else: to every other route it is no token.
 */
import { isApiKey } from '../api-keys/api-key-token'
import { authenticateApiKey, countKeyRequest } from '../api-keys/authenticate-api-key'
import type { Actor, Deps, Principal, WriteKind } from '../context'
import { DomainError, type ErrorCode } from '../errors'
import { type GuardedAccess, type NeedsPermission, needsPermission } from '../http/route'
import { type CheckedSession, requireSession } from '../sessions/require-session'
import { hasPermission } from '../rbac/permissions'
import { restrictionOf } from '../rbac/required-action'
import { roleMap } from '../rbac/role-map'

/**
 * Who acts, as the route asks for it. Throws `invalid_access_token`, the session's restriction,
 * `forbidden`, `too_many_attempts`.
 */
export async function guard(
  deps: Deps,
  access: GuardedAccess,
  token: string | undefined,
  write?: WriteKind,
): Promise<Actor> {
  const by = needsPermission(access) ? (access.by ?? 'either') : 'session'
  if (needsPermission(access) && by !== 'session' && token !== undefined && isApiKey(token)) {
    return admitKey(deps, access, token)
  }
  if (by === 'api_key') throw new DomainError('invalid_access_token')
  return admit(deps, access, await requireSession(deps, token, write))
}

/**
 * Who is signed in, where nobody need be: null without a session that is live and unrestricted, and for a
 * key.
 */
export async function principalIfAny(
  deps: Deps,
  token: string | undefined,
): Promise<Principal | null> {
  if (token === undefined) return null
  try {
    return await admit(deps, 'session', await requireSession(deps, token))
  } catch (error) {
    if (error instanceof DomainError && NO_SESSION.has(error.code)) return null
    throw error
  }
}

const NO_SESSION: ReadonlySet<string> = new Set<ErrorCode>([
  'invalid_access_token',
  'password_expired',
  'two_factor_required',
])

/**
 * The same as `guard` for a session that was found otherwise: the hosted pages' cookie names one. Of
 * `any_session` the caller itself looks at the restriction.
 */
export async function admit(
  deps: Deps,
  access: GuardedAccess | 'any_session',
  { authority, session }: CheckedSession,
): Promise<Principal> {
  const principal: Principal = {
    userId: authority.userId,
    subject: authority.subject,
    sid: session.sid,
    apiKeyId: null,
    roleIds: authority.roleIds,
    restriction: await restrictionOf(deps, authority),
    isTwoFactorEnabled: authority.isTwoFactorEnabled,
    credentialVersion: authority.credentialVersion,
    passwordExpiresAt: authority.passwordExpiresAt,
    session,
  }
  if (access === 'any_session') return principal
  const { restriction } = principal
  // Each cure names its restrictions: under an expired password, which may have leaked, nobody sets up a
  // second factor that would shut out the owner.
  const cured = typeof access === 'object' && 'cures' in access ? access.cures : []
  if (restriction && !cured.includes(restriction)) throw new DomainError(restriction)
  if (needsPermission(access)) await requirePermission(deps, principal.roleIds, access.permission)
  return principal
}

async function admitKey(
  deps: Deps,
  { permission, counted }: NeedsPermission,
  token: string,
): Promise<Actor> {
  const { actor, permissions } = await authenticateApiKey(deps, token)
  if (counted !== 'by_verb') await countKeyRequest(deps, actor.apiKeyId)
  if (!permissions.includes(permission)) throw new DomainError('forbidden')
  return actor
}

async function requirePermission(deps: Deps, roleIds: readonly number[], permission: string) {
  if (!hasPermission(await roleMap(deps), roleIds, permission)) throw new DomainError('forbidden')
}
