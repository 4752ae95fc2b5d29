/**
 * Where the answer to an authorization request goes. As long as that is not certain, nothing is redirected: the
 * user sees an error page (RFC 6749 section 4.1.2.1, RFC 9700 section 4.11).
 */
import { isClientIdUrl } from '../apps/client-id-url'
import { findAppOrFault } from '../apps/find-app'
import type { AppFault } from '../apps/metadata-app'
import { matchesRedirectUri } from '../apps/redirect-uri'
import type { Deps } from '../context'
import type { AppRow } from '../tables/apps'

export interface RedirectTarget {
  readonly app: AppRow
  readonly redirectUri: string
}

/** Why there is no target. Unknown and disabled apps look the same. */
export type TargetRefusal = 'unknown_app' | 'unknown_redirect_uri' | 'repeated'

/** The app and its redirect URI, or why the request cannot be answered to the app. */
export async function redirectTarget(
  deps: Deps,
  sent: URLSearchParams,
): Promise<RedirectTarget | TargetRefusal | AppFault> {
  const [clientIds, redirectUris] = [sent.getAll('client_id'), sent.getAll('redirect_uri')]
  if (clientIds.length > 1 || redirectUris.length > 1) return 'repeated'
  const clientId = clientIds[0] ?? ''
  const app = await findAppOrFault(deps, clientId)
  // Only the publisher of a metadata document can correct it, so the page names the fault.
  if ('fault' in app) return isClientIdUrl(clientId) ? app : 'unknown_app'
  const redirectUri = redirectUris[0] || onlyRedirectUri(app, sent)
  if (redirectUri === undefined || !matchesRedirectUri(app, redirectUri)) {
    return 'unknown_redirect_uri'
  }
  return { app, redirectUri }
}

/** OpenID Connect Core section 3.1.2.1 demands the parameter, OAuth not if an app has only one URI. */
function onlyRedirectUri({ redirectUris }: AppRow, sent: URLSearchParams): string | undefined {
  const isOpenId = sent.getAll('scope').some((scope) => scope.split(' ').includes('openid'))
  return isOpenId || redirectUris.length !== 1 ? undefined : redirectUris[0]
}
