import type { Deps } from '../context'
import type { AppRow } from '../tables/apps'
import { appMap } from './app-map'

/** The app of a client id, if it is enabled. */
export async function findApp(deps: Deps, clientId: string): Promise<AppRow | undefined> {
  const app = (await appMap(deps)).apps.get(clientId)
  return app?.disabledAt === null ? app : undefined
}
