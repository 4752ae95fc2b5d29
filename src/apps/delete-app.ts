import { eq, sql } from 'drizzle-orm'
import { commit } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { hasPermissionNow } from '../rbac/conditions'
import { apps, FIRST_PARTY_SECTOR, METADATA_SECTOR } from '../tables/apps'
import { forgetAppMap } from './app-map'
import { appIsThere } from './list-apps'

const GRANTS_AT_ONCE = 5000

/**
 * Deletes an app and, of a third party, the salt of its sector: no other app will ever know users by the same
 * `sub`. Its id is unknown everywhere within five seconds. From then on its codes, tokens and sessions are
 * refused, wherever they are used: every use looks for the app. What the users' objects still hold of them gives
 * access to nothing. Of the index of its users at most GRANTS_AT_ONCE rows go at once, the others by the daily
 * cleaning. Throws `not_found`, `forbidden`.
 */
export async function deleteApp(deps: Deps, actor: Actor, clientId: string): Promise<void> {
  await commit(deps, {
    preconditions: [appIsThere(clientId), hasPermissionNow(actor, 'admin:system')],
    change: [
      sql`DELETE FROM app_grants WHERE client_id = ${clientId} AND user_id IN
        (SELECT user_id FROM app_grants WHERE client_id = ${clientId} LIMIT ${GRANTS_AT_ONCE})`,
      deps.db.delete(apps).where(eq(apps.clientId, clientId)),
      sql`DELETE FROM sectors WHERE id NOT IN (${FIRST_PARTY_SECTOR}, ${METADATA_SECTOR})
        AND NOT EXISTS (SELECT 1 FROM apps WHERE apps.sector_id = sectors.id)`,
    ],
    audit: [
      {
        event: 'app.deleted',
        actor: actor.userId,
        target: null,
        data: { client_id: clientId },
      },
    ],
  })
  forgetAppMap(deps)
}
