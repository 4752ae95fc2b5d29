/** The HTTP app: middleware in order, one mount for all routes, and one handler for every error. */
import type { Context } from 'hono'
import { Hono } from 'hono/tiny'
import { forwardedClient } from './access/forwarded-client'
import { guard } from './access/guard'
import { analyticsRoutes } from './api/analytics'
import { apiKeyRoutes } from './api/api-keys'
import { appRoutes } from './api/apps'
import { auditRoutes } from './api/audit'
import { authRoutes } from './api/auth'
import { credentialRoutes } from './api/credentials'
import { deviceRoutes } from './api/devices'
import { discoveryRoutes } from './api/discovery'
import { health } from './api/health'
import { introspectionRoutes } from './api/introspection'
import { logoutDeliveryRoutes } from './api/logout-deliveries'
import { oauthRoutes } from './api/oauth'
import { openApiRoute } from './api/openapi-document'
import { outboxRoutes } from './api/outbox'
import { ownAppRoutes } from './api/own-apps'
import { ownPasskeyRoutes } from './api/own-passkeys'
import { passkeyRoutes } from './api/passkeys'
import { permissionRoutes } from './api/permissions'
import { privacyRoutes } from './api/privacy'
import { userRoutes } from './api/profile'
import { provingLinkRoutes } from './api/proving-links'
import { resourceRoutes } from './api/resources'
import { rbacRoutes } from './api/roles'
import { secondFactorRoutes } from './api/second-factor'
import { sessionRoutes } from './api/sessions'
import { keyRoutes } from './api/signing-keys'
import { stepUpRoutes } from './api/step-up'
import { trustedDeviceRoutes } from './api/trusted-devices'
import { actionRoutes } from './api/user-actions'
import { importRoutes } from './api/user-import'
import { adminListRoutes } from './api/user-lists'
import { userPasskeyRoutes } from './api/user-passkeys'
import { userRoleRoutes } from './api/user-roles'
import { adminRoutes } from './api/users'
import { deliveryRoutes } from './api/webhook-deliveries'
import { webhookRoutes } from './api/webhooks'
import { ConfigError, isOwnMachine, loadConfig } from './config'
import { DomainError } from './errors'
import { CachedRouter } from './http/cached-router'
import { crossOrigin } from './http/cross-origin'
import { discardBody } from './http/discard-body'
import { takesForwardedClient } from './http/forwarding-headers'
import { logFault, problemOf } from './http/log-fault'
import { mount } from './http/mount'
import { OAuthError, oauthErrorResponse, toOAuthError } from './http/oauth-error'
import { problemResponse } from './http/problem'
import { requestBudget } from './http/request-budget'
import { clientOf, depsOf } from './http/request-context'
import { requestLog } from './http/request-log'
import type { AppEnv, Route } from './http/route'
import { addStandingHeaders } from './http/security-headers'
import { pages } from './pages/pages'
import { errorPage, isForPeople, mountPages } from './pages/runtime/serve'

/** Every API route. The OpenAPI document and the tests use this list. */
export const routes: readonly Route[] = [
  ...authRoutes,
  ...provingLinkRoutes,
  ...credentialRoutes,
  ...introspectionRoutes,
  ...secondFactorRoutes,
  ...passkeyRoutes,
  ...ownPasskeyRoutes,
  ...sessionRoutes,
  ...stepUpRoutes,
  ...trustedDeviceRoutes,
  ...ownAppRoutes,
  ...userRoutes,
  ...rbacRoutes,
  ...permissionRoutes,
  // Before `users/{id}`, which would match `users/export` too.
  ...adminListRoutes,
  ...adminRoutes,
  ...actionRoutes,
  ...userPasskeyRoutes,
  ...userRoleRoutes,
  ...importRoutes,
  ...keyRoutes,
  ...privacyRoutes,
  ...analyticsRoutes,
  ...auditRoutes,
  ...outboxRoutes,
  ...appRoutes,
  ...resourceRoutes,
  ...logoutDeliveryRoutes,
  ...webhookRoutes,
  ...deliveryRoutes,
  ...apiKeyRoutes,
  ...discoveryRoutes,
  ...oauthRoutes,
  ...deviceRoutes,
  health,
  openApiRoute,
]

export const app = new Hono<AppEnv>()
// The preset's own router does not support overlapping paths.
app.router = new CachedRouter()

// Outermost, so that every response has these headers. The headers of a page replace the API's.
app.use(async function finish(c, next) {
  const requestId = crypto.randomUUID()
  c.set('requestId', requestId)
  await next()
  addStandingHeaders(c.res.headers, requestId)
  const ofPage = c.get('pageHeaders')
  if (ofPage) for (const [name, value] of Object.entries(ofPage)) c.res.headers.set(name, value)
  // For a request that was refused, anywhere, before its body was read.
  await discardBody(c.req.raw)
})

app.use(async function requestContext(c, next) {
  const about = { requestId: c.get('requestId'), client: clientOf(c.req.raw) }
  c.set('deps', depsOf(c.env, c.executionCtx, about))
  await next()
})

app.use(requestLog)
app.use(requestBudget)

const oauthPaths = new Set<string>(routes.flatMap((each) => (each.oauthErrors ? [each.path] : [])))

app.use(crossOrigin(new Set(routes.flatMap((each) => (each.isOpenToOrigins ? [each.path] : [])))))

app.use(async function forwarding(c, next) {
  if (takesForwardedClient(c.req.path)) {
    const deps = c.get('deps')
    const client = await forwardedClient(deps, c.req.raw.headers)
    if (client !== deps.client) c.set('deps', { ...deps, client })
  }
  await next()
})

mount(app, routes, guard)
mountPages(app, pages)

app.onError(answerError)
// Answered, not thrown: hono would catch the error outside the CORS middleware, and the headers of
// CORS would be missing.
app.notFound((c) => answerError(new DomainError('not_found'), c))

/** Whether the route's errors have OAuth's form. A fault may come before the route is reached. */
const isOAuth = (c: Context<AppEnv>, { kind }: DomainError): boolean =>
  c.get('isOAuth') ?? (oauthPaths.has(c.req.path) && kind !== 'method_not_allowed')

async function answerError(error: Error, c: Context<AppEnv>): Promise<Response> {
  const requestId = c.get('requestId')
  const isShown = error instanceof ConfigError && isOwnMachine(c.env, c.req.url)
  if (error instanceof OAuthError) return oauthErrorResponse(error)
  const problem = problemOf(error, isShown)
  logFault(error, problem, requestId)
  if (isOAuth(c, problem)) return oauthErrorResponse(toOAuthError(problem))
  if (isForPeople(c)) return errorPage(c, problem)
  const response = problemResponse(problem, {
    requestId,
    instance: new URL(c.req.url).pathname,
    publicUrl: error instanceof ConfigError ? undefined : loadConfig(c.env).PUBLIC_URL,
  })
  // Headers set by middleware (request id, Allow, CORS) belong on error responses too.
  c.res.headers.forEach((value, name) => {
    if (!response.headers.has(name)) response.headers.set(name, value)
  })
  return response
}
