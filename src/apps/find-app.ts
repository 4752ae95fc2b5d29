import type { Deps } from '../context'
import type { AppRow } from '../tables/apps'
import { appMap } from './app-map'
import { isClientIdUrl } from './client-id-url'
import { type AppFault, metadataApp, metadataAppUnasked } from './metadata-app'

/**
 * The app of a client id, if it is enabled. For a client id metadata document this may call the app's host, so it is
 * for where the app itself asks: authorize, and client authentication.
 */
export async function findApp(deps: Deps, clientId: string): Promise<AppRow | undefined> {
  const found = await findAppOrFault(deps, clientId)
  return 'fault' in found ? undefined : found
}

/** The same, with what the app's developer should know if there is none. */
export async function findAppOrFault(deps: Deps, clientId: string): Promise<AppRow | AppFault> {
  if (isClientIdUrl(clientId)) return metadataApp(deps, clientId)
  return (await registered(deps, clientId)) ?? { fault: 'There is no such app' }
}

/** The app of a token or a session, if it is enabled. Calls no other host. */
export const findAppOfToken = async (deps: Deps, clientId: string): Promise<AppRow | undefined> =>
  isClientIdUrl(clientId) ? metadataAppUnasked(deps, clientId) : registered(deps, clientId)

async function registered(deps: Deps, clientId: string): Promise<AppRow | undefined> {
  const app = (await appMap(deps)).apps.get(clientId)
  return app?.disabledAt === null ? app : undefined
}
