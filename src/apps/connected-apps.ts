/**
 * The apps that a user is connected to, for the API, the pages and the export. They are kept in the user's
 * object, so that disconnecting one takes effect before the answer is sent.
 */
import * as z from 'zod'
import { type Deps, deviceOf, type Principal } from '../context'
import { DomainError } from '../errors'
import type { ConnectedApp } from '../sessions/app-session-types'
import { sessionsOf } from '../sessions/object-stub'
import { iso } from '../time'
import { type AppMap, appMap } from './app-map'

type Own = Pick<Principal, 'subject'>

const instant = () => z.iso.datetime()

export const ConnectedAppList = z.lazy(() =>
  z.object({
    items: z.array(
      z
        .object({
          client_id: z.string(),
          name: z.string().meta({ description: 'The client id, if the app no longer exists' }),
          scopes: z
            .array(z.string())
            .meta({ description: 'What the user allowed, and what its live sessions may do' }),
          since: instant(),
          last_used_at: instant(),
        })
        .meta({ id: 'ConnectedApp' }),
    ),
  }),
)
export type ConnectedAppView = z.output<typeof ConnectedAppList>['items'][number]

/** Apps that the user allowed something, or that have a live session. The most recently used first. */
export async function listConnectedApps(deps: Deps, { subject }: Own): Promise<ConnectedAppView[]> {
  const [connected, map] = await Promise.all([
    sessionsOf(deps, subject).connectedApps(),
    appMap(deps),
  ])
  return connected.map((app) => viewOf(map, app))
}

const viewOf = ({ apps }: AppMap, app: ConnectedApp): ConnectedAppView => ({
  client_id: app.clientId,
  name: apps.get(app.clientId)?.name ?? app.clientId,
  scopes: [...app.scopes],
  since: iso(app.since),
  last_used_at: iso(app.lastUsedAt),
})

/** The admin's description of an app's scope; undefined if there is none. */
export async function scopeDescriptions(
  deps: Deps,
): Promise<(clientId: string, scope: string) => string | undefined> {
  const { apps, resourcesByIdentifier } = await appMap(deps)
  return (clientId, scope) =>
    (apps.get(clientId)?.resources ?? [])
      .flatMap((identifier) => resourcesByIdentifier.get(identifier)?.scopes ?? [])
      .find(({ name, description }) => name === scope && description !== '')?.description
}

/**
 * Takes back what an app was allowed, and ends all its sessions and codes before it returns. Throws
 * `not_found` if the user is not connected to it.
 */
export async function disconnectApp(deps: Deps, { subject }: Own, clientId: string): Promise<void> {
  const isDone = await sessionsOf(deps, subject).disconnectApp(clientId, deviceOf(deps))
  if (!isDone) throw new DomainError('not_found')
}
