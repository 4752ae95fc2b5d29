/** The product's routes for tests that walk over all of them. */
import { routes } from '../../src/app'
import type { Route } from '../../src/http/route'

/** A route's address with something in the place of its parameters. */
export const addressOf = (route: Route, parameter = '1'): string =>
  route.path.replaceAll(/\{\w+\}/g, encodeURIComponent(parameter))

/** Routes under the title `POST /path`, for `describe.each`. */
export const titled = (which: (route: Route) => boolean): [string, Route][] =>
  routes.filter(which).map((route) => [`${route.method.toUpperCase()} ${route.path}`, route])

/** Whether a route changes something. */
export const isChange = ({ method }: Route): boolean => method !== 'get'

/** Whether a route looks at one person, or takes data out: it leaves a record of that. */
export const isLook = ({ method, path }: Route): boolean =>
  method === 'get' && /\/admin\/users\/\{id\}|\/admin\/audit|export/.test(path)
