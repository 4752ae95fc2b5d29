import { eq } from 'drizzle-orm'
import type { Deps } from '../context'
import { appGrants } from '../tables/apps'
import { isoOrNull } from '../time'
import { appMap } from './app-map'

/** The apps that a user has ever signed in to and not disconnected, for the export. */
export async function usedApps(deps: Deps, userId: number) {
  const [rows, { apps }] = await Promise.all([
    deps.db.select().from(appGrants).where(eq(appGrants.userId, userId)),
    appMap(deps),
  ])
  return rows.map(({ clientId, firstAt, lastAt }) => ({
    client_id: clientId,
    name: apps.get(clientId)?.name ?? clientId,
    first_at: isoOrNull(firstAt),
    last_at: isoOrNull(lastAt),
  }))
}
