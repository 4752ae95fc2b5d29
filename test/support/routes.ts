/** The product's routes, for tests that go over all of them. */
import { routes } from '../../src/app'
import type { Route } from '../../src/http/route'

/** A route's path with its parameters filled in. */
export const addressOf = (route: Route, parameter = '1'): string =>
  route.path.replaceAll(/\{\w+\}/g, encodeURIComponent(parameter))

/**
 * Whether a route is one of OAuth: its callers authenticate in its body too, and its errors have OAuth's form.
 * What holds for them is in test/http/oauth.test.ts.
 */
export const isOAuth = ({ oauthErrors }: Route): boolean => oauthErrors !== undefined

/** Routes with the title `POST /path`, for `describe.each`. */
export const titled = (which: (route: Route) => boolean): [string, Route][] =>
  routes.filter(which).map((route) => [`${route.method.toUpperCase()} ${route.path}`, route])

/** Whether a route changes something. */
export const isChange = ({ method }: Route): boolean => method !== 'get'

/** Whether a route reads one user's data or exports data, which is recorded as an audited read. */
export const isAuditedRead = ({ method, path }: Route): boolean =>
  method === 'get' && /\/admin\/users\/\{id\}|\/admin\/audit|export/.test(path)
