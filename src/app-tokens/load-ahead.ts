import type { Deps } from '../context'
import { roleMap } from '../rbac/role-map'
import { signingKey } from '../sessions/tokens/signing-keys'
import type { AppRow } from '../tables/apps'

/**
 * Loads the roles and signing keys that issuing tokens needs, before the code or refresh token is used up. If D1 fails
 * here, the app can try again. Later, a second try would look like a replay.
 */
export async function loadAhead(deps: Deps, { idTokenAlg }: AppRow): Promise<void> {
  await roleMap(deps)
  await signingKey(deps)
  await signingKey(deps, idTokenAlg)
}
