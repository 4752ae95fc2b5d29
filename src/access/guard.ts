/**
 * Authorizes a request: turns the route's declared access and the bearer token into an actor, or
 * refuses. API keys are accepted only by routes that require a permission; any other route treats a
 * key as an invalid token. test/access-matrix.test.ts tries every route with every kind of caller.
 */
import { isApiKey } from '../api-keys/api-key-token'
import { authenticateApiKey, countKeyRequest } from '../api-keys/authenticate-api-key'
import type { Actor, Deps, Principal, RequiredAction, WriteKind } from '../context'
import { DomainError, type ErrorCode } from '../errors'
import { type GuardedAccess, type NeedsPermission, needsPermission } from '../http/route'
import { hasPermission } from '../rbac/permissions'
import { requiredActionOf } from '../rbac/required-action'
import { roleMap } from '../rbac/role-map'
import { type CheckedSession, requireSession } from '../sessions/require-session'
import { isProved, stepUpDemand, stepUpRequired } from './recent-proof'

/**
 * The actor, authorized as the route requires. Throws `invalid_access_token`, the session's
 * required action (`password_expired`, `two_factor_required`), `forbidden`, `step_up_required`,
 * `too_many_attempts`.
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
 * The signed-in user of a route that requires no sign-in. Null for an API key, and without a live
 * session that has no required action.
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
 * Like `guard`, for a session that was found otherwise, such as by the hosted pages' cookie. For
 * `any_session` the caller has to check the required action.
 */
export async function admit(
  deps: Deps,
  access: GuardedAccess | 'any_session',
  { accountState, session }: CheckedSession,
): Promise<Principal> {
  const principal: Principal = {
    userId: accountState.userId,
    subject: accountState.subject,
    sid: session.sid,
    apiKeyId: null,
    roleIds: accountState.roleIds,
    requiredAction: await requiredActionOf(deps, accountState, session),
    isSecondFactorEnabled: accountState.isSecondFactorEnabled,
    hasPasskey: accountState.passkeys.length > 0,
    credentialVersion: accountState.credentialVersion,
    passwordExpiresAt: accountState.passwordExpiresAt,
    session,
  }
  if (access === 'any_session') return principal
  const { requiredAction } = principal
  // A route lists the required actions it completes. An expired password may have leaked, so it
  // must not allow setting up a second factor, which would lock out the owner.
  const completed =
    typeof access === 'object' && 'requiredActions' in access ? access.requiredActions : []
  if (requiredAction && !completed.includes(requiredAction)) {
    throw requiredFirst(deps, requiredAction, principal)
  }
  if (needsPermission(access)) {
    await requirePermission(deps, principal.roleIds, access.permission)
    if (access.stepUp && !isProved(deps, principal)) throw stepUpRequired(deps, principal)
  }
  return principal
}

/**
 * The refusal until a required action is completed. A user who has a second factor already only needs to
 * prove it for this session.
 */
function requiredFirst(deps: Deps, action: RequiredAction, principal: Principal): DomainError {
  const hasFactor = principal.isSecondFactorEnabled || principal.hasPasskey
  const canProve = action === 'two_factor_required' && hasFactor
  if (!canProve) return new DomainError(action)
  const detail = 'Confirm with your second factor or passkey first'
  return new DomainError(action, { detail, stepUp: stepUpDemand(deps, principal) })
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
