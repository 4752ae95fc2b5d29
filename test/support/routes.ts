/** The product's routes for tests that walk over all of them. */
import { routes } from '../../src/app'
import type { Route } from '../../src/http/route'

/** A route's address with something in the place of its parameters. */
export const addressOf = (route: Route, parameter = '1'): string =>
  route.path.replaceAll(/\{\w+\}/g, encodeURIComponent(parameter))

/** Routes under the title `POST /path`, for `describe.each`. */
export const titled = (which: (route: Route) => boolean): [string, Route][] =>
  routes.filter(which).map((route) => [`${route.method.toUpperCase()} ${route.path}`, route])
