/** What must hold at the instant at which a code is issued, for the user's object. */
import { appMap } from '../apps/app-map'
import type { Deps } from '../context'
import type { Strength } from '../events'
import { hasPermission, type RoleMap } from '../rbac/permissions'
import { twoFactorRoleIds } from '../rbac/required-action'
import { roleMap } from '../rbac/role-map'
import type { AuthorizeConditions, ConsentCondition } from '../sessions/app-session-types'
import type { AppRow } from '../tables/apps'
import { askedAtResources } from './asked-at-resources'
import type { AuthorizationRequest } from './authorization-request'
import { metadataHash } from './metadata-hash'

/** The conditions of a request. `strength` may be less than the request wishes for. */
export async function conditionsOf(
  deps: Deps,
  app: AppRow,
  request: Pick<AuthorizationRequest, 'prompts' | 'maxAge' | 'askedAt' | 'scopes' | 'resources'>,
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
  { prompts, ...grant }: Pick<AuthorizationRequest, 'prompts' | 'scopes' | 'resources'>,
  isGiven: boolean,
): Promise<ConsentCondition> {
  if (app.isFirstParty) return { mode: 'not_needed' }
  const mode = isGiven ? 'given' : prompts.has('consent') ? 'ask' : 'remembered'
  const atResources = askedAtResources(await appMap(deps), grant).map(({ word }) => word)
  return { mode, metadataHash: await metadataHash(app), atResources }
}

/** Null: any user. A permission that does not exist is held by nobody. */
const rolesWith = (map: RoleMap, permission: string | null): number[] | null =>
  permission === null
    ? null
    : [...map.roles.keys()].filter((id) => hasPermission(map, [id], permission))

/** Later than any proof, so the user is asked. */
const NEVER_YET = Number.MAX_SAFE_INTEGER

/**
 * The time after which the user must have proved who they are; null: whenever. When the user comes back from
 * being asked, the proof is good for as long as any (STEP_UP_SECONDS), or they would be asked for ever.
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
