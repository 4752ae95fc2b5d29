import type { Deps } from '../context'
import { roleMap } from '../rbac/role-map'
import { signingKey } from '../sessions/tokens/signing-keys'
import type { AppRow } from '../tables/apps'

/**
 * Loads what tokens are made of. If D1 fails, it does so here, and the app may try again: behind it the code or
 * refresh token is spent, and a second try would pass for a theft.
 */
export async function loadAhead(deps: Deps, { idTokenAlg }: AppRow): Promise<void> {
  await roleMap(deps)
  await signingKey(deps)
  await signingKey(deps, idTokenAlg)
}
