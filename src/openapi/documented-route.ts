import type { Route, RouteDocs, RouteSpec } from '../http/route'

/** A route with what the document says of it. */
export type DocumentedRoute = RouteSpec & RouteDocs

/** Throws in a build without the document (`__DOCS__`). */
export function documentedRoute(route: Route): DocumentedRoute {
  const { docs } = route
  if (!docs) throw new Error(`this build has no documentation of ${route.method} ${route.path}`)
  return { ...route, ...docs }
}
