/** The conditions under which the user's object issues a code. */
import { appMap } from '../apps/app-map'
import { askedAtResources } from '../apps/asked-at-resources'
import type { Deps } from '../context'
import type { Strength } from '../events'
import { hasPermission, type RoleMap } from '../rbac/permissions'
import { twoFactorRoleIds } from '../rbac/required-action'
import { roleMap } from '../rbac/role-map'
import type { AuthorizeConditions, ConsentCondition } from '../sessions/app-session-types'
import type { AppRow } from '../tables/apps'
import type { AuthorizationRequest } from './authorization-request'
import { metadataHash } from './metadata-hash'

type Conditioned = Pick<
  AuthorizationRequest,
  'prompts' | 'maxAge' | 'askedAt' | 'scopes' | 'resources' | 'binding'
>

/** The conditions of a request. `strength` may be less than the request wishes for. */
export async function conditionsOf(
  deps: Deps,
  app: AppRow,
  request: Conditioned,
  { strength, isConsentGiven }: { strength: Strength; isConsentGiven: boolean },
): Promise<AuthorizeConditions> {
  return {
    authenticatedSince: authenticatedSince(deps, request),
    strength,
    allowedRoleIds: rolesWith(await roleMap(deps), app.requiredPermission),
    twoFactorRoleIds: await twoFactorRoleIds(deps),
    consent: await consentCondition(deps, app, request, isConsentGiven),
  }
}

async function consentCondition(
  deps: Deps,
  app: AppRow,
  request: Conditioned,
  isGiven: boolean,
): Promise<ConsentCondition> {
  if (app.isFirstParty) return { mode: 'not_needed' }
  const isAsked = request.prompts.has('consent') || canBeAnother(app, request.binding.redirectUri)
  const mode = isGiven ? 'given' : isAsked ? 'ask' : 'remembered'
  const atResources = askedAtResources(await appMap(deps), request).map(({ word }) => word)
  return { mode, metadataHash: await metadataHash(app), atResources }
}

/**
 * Whether another program on the user's device can pass for the app: it has no key, and a loopback address or a private
 * scheme is open to all. The user is then asked again, whatever they allowed before (RFC 8252 section 8.6).
 */
const canBeAnother = ({ kind, authMethod }: AppRow, redirectUri: string): boolean =>
  kind === 'native' && authMethod === 'none' && !redirectUri.startsWith('https:')

/** Null: every user may use the app. No user holds a permission that does not exist. */
const rolesWith = (map: RoleMap, permission: string | null): number[] | null =>
  permission === null
    ? null
    : [...map.roles.keys()].filter((id) => hasPermission(map, [id], permission))

/** Later than any proof, so the user is asked. */
const NEVER_YET = Number.MAX_SAFE_INTEGER

/**
 * The time after which the user must have proved who they are; null if there is none. A user who comes back with a
 * new proof is not asked again while it is younger than STEP_UP_SECONDS: otherwise `max_age=0` would ask forever.
 */
function authenticatedSince(
  { config, now }: Pick<Deps, 'config' | 'now'>,
  { prompts, maxAge, askedAt }: Pick<AuthorizationRequest, 'prompts' | 'maxAge' | 'askedAt'>,
): number | null {
  if (!prompts.has('login') && maxAge === undefined) return null
  if (askedAt !== undefined) {
    const seconds = Math.max(maxAge ?? 0, config.STEP_UP_SECONDS)
    return Math.max(askedAt, now - seconds * 1000)
  }
  if (prompts.has('login') || maxAge === undefined || maxAge === 0) return NEVER_YET
  return now - maxAge * 1000
}
