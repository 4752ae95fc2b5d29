/**
 * The apps that a user is connected to, for the API, the pages and the export. They are kept in the user's
 * object, so that disconnecting one takes effect before the answer is sent.
 */
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import { type Deps, deviceOf, type Principal } from '../context'
import { DomainError } from '../errors'
import type { ConnectedApp } from '../sessions/app-session-types'
import { sessionsOf } from '../sessions/object-stub'
import { iso } from '../time'
import { type AppMap, appMap } from './app-map'
import { askedAtResources, shownAt } from './asked-at-resources'

type Own = Pick<Principal, 'subject'>

const instant = () => z.iso.datetime()

export const ConnectedAppList = answerSchema(() =>
  z.object({
    items: z.array(
      z
        .object({
          client_id: z.string(),
          name: z.string().meta({ description: 'The client id, if the app no longer exists' }),
          scopes: z
            .array(z.string())
            .meta({ description: 'What the user allowed, and what its live sessions may do' }),
          resources: z
            .array(
              z.object({
                identifier: z.string(),
                name: z.string(),
                scopes: z.array(z.object({ name: z.string(), description: z.string() })),
              }),
            )
            .meta({
              description:
                'The APIs that it may call, each with the scopes there. Without any, its tokens only name the API',
            }),
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

const viewOf = (map: AppMap, app: ConnectedApp): ConnectedAppView => ({
  client_id: app.clientId,
  name: map.apps.get(app.clientId)?.name ?? app.clientId,
  scopes: [...app.scopes],
  resources: resourcesOf(map, app),
  since: iso(app.since),
  last_used_at: iso(app.lastUsedAt),
})

/** What the user allowed at APIs, and what live sessions may do there, by API. */
function resourcesOf(
  map: AppMap,
  { consented, granted }: ConnectedApp,
): ConnectedAppView['resources'] {
  const places = [
    ...consented.map(({ scope, identifier }) => shownAt(map, scope, identifier)),
    ...granted.flatMap((grant) => askedAtResources(map, grant)),
  ]
  const distinct = [...new Map(places.map((place) => [place.word, place])).values()]
  return [...Map.groupBy(distinct, ({ identifier }) => identifier)].map(([identifier, at]) => ({
    identifier,
    name: at[0]?.resource ?? identifier,
    scopes: at.flatMap(({ scope: name, description }) =>
      name === '' ? [] : [{ name, description }],
    ),
  }))
}

/**
 * Takes back what an app was allowed, and ends all its sessions and codes before it returns. Throws
 * `not_found` if the user is not connected to it.
 */
export async function disconnectApp(deps: Deps, { subject }: Own, clientId: string): Promise<void> {
  const isDone = await sessionsOf(deps, subject).disconnectApp(clientId, deviceOf(deps))
  if (!isDone) throw new DomainError('not_found')
}
