/**
 * What an app may do for a user now. Asked at every use of a token: the user's object says whether the app's
 * session is live, and the Worker whether the app is enabled and the user may still use it.
 */
import { findAppOfToken } from '../apps/find-app'
import type { Deps } from '../context'
import { hasPermission } from '../rbac/permissions'
import { requiredActionOf } from '../rbac/required-action'
import { roleMap } from '../rbac/role-map'
import type { AppSession } from '../sessions/app-session-types'
import { sessionsOf } from '../sessions/object-stub'
import type { AccountState } from '../sessions/session-types'
import type { AppRow } from '../tables/apps'
import type { AppTokenClaims } from './access-token'

export interface LiveGrant {
  readonly app: AppRow
  readonly appSession: AppSession
  readonly accountState: AccountState
}

/** An access token that is good now. `live` is null for an app that acts for itself. */
export interface LiveToken {
  readonly claims: AppTokenClaims
  readonly app: AppRow
  readonly live: LiveGrant | null
}

/** The scopes of a grant that the app may still ask for: an admin may have taken some from it since. */
export const stillAllowed = (
  app: Pick<AppRow, 'scopes'>,
  granted: readonly string[],
): readonly string[] => granted.filter((name) => app.scopes.includes(name))

/** Undefined if the app is disabled, its session is over, or the user may not use it now. */
export async function liveToken(
  deps: Deps,
  claims: AppTokenClaims,
): Promise<LiveToken | undefined> {
  const { handle, clientId } = claims
  const app = await findAppOfToken(deps, clientId)
  if (!app) return undefined
  if (!handle) return app.kind === 'machine' ? { claims, app, live: null } : undefined
  const live = await liveAppSession(deps, app, handle)
  return live?.appSession.sub === claims.sub ? { claims, app, live } : undefined
}

/** The session of an app, by what one of its tokens names. */
export async function liveAppSession(
  deps: Deps,
  app: AppRow,
  { subject, sid }: { readonly subject: string; readonly sid: string },
): Promise<LiveGrant | undefined> {
  const result = await sessionsOf(deps, subject).checkApp(sid)
  if (!result.isLive || result.appSession.clientId !== app.clientId) return undefined
  const { appSession, accountState } = result
  const live = { app, appSession, accountState }
  return (await mayUseApp(deps, live)) ? live : undefined
}

/** Whether the user holds the permission that the app demands, and has no action to take first. */
export async function mayUseApp(
  deps: Deps,
  { app, appSession, accountState }: LiveGrant,
): Promise<boolean> {
  const { requiredPermission: needed } = app
  if (needed !== null && !hasPermission(await roleMap(deps), accountState.roleIds, needed)) {
    return false
  }
  return (await requiredActionOf(deps, accountState, appSession)) === null
}
