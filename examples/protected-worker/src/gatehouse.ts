/**
 * Middleware that lets in users of Gatehouse. It asks over the service binding on every request, so
 * a user who was signed out, deactivated or lost a permission is refused from that moment. Copy it
 * as it is, together with Gatehouse's rpc-types.ts.
 *
 *   no token, or one that is not valid                            401
 *   a required action, or a permission that the user lacks        403
 *   Gatehouse stopped, failing or slower than the deadline        503 with Retry-After
 */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { GatehouseBinding, SignedIn } from '../../../src/rpc/rpc-types'

export type Gatehouse = {
  Bindings: { GATEHOUSE: GatehouseBinding }
  Variables: { user: SignedIn['user'] }
}

/** After this a slow service counts as unavailable. */
const DEADLINE_MS = 2000
const RETRY_AFTER_SECONDS = 5

/** Lets in signed-in users, and provides the user as `c.get('user')`. */
export const requireUser = () =>
  createMiddleware<Gatehouse>(async function requireUser(c, next) {
    const refusal = await identify(c)
    if (refusal) return refusal
    await next()
  })

/** Lets in signed-in users with a permission. Works alone or after requireUser. */
export const requirePermission = (permission: string) =>
  createMiddleware<Gatehouse>(async function requirePermission(c, next) {
    const refusal = c.get('user') ? undefined : await identify(c)
    if (refusal) return refusal
    if (!c.get('user').permissions.includes(permission)) return c.json({ code: 'forbidden' }, 403)
    await next()
  })

/** Puts the user into the context, or returns the response for a request without one. */
async function identify(c: Context<Gatehouse>): Promise<Response | undefined> {
  // Without the body, which the handler reads.
  const presented = new Request(c.req.url, { headers: c.req.raw.headers })
  const result = await ask(c.env.GATEHOUSE, presented).catch(() => undefined)
  if (!result) return unavailable(c, RETRY_AFTER_SECONDS)
  if (result.ok) {
    c.set('user', result.user)
    return undefined
  }
  switch (result.reason) {
    case 'no_token':
      c.header('www-authenticate', 'Bearer')
      return c.json({ code: result.reason }, 401)
    case 'invalid_token':
      c.header('www-authenticate', 'Bearer error="invalid_token"')
      return c.json({ code: result.reason }, 401)
    case 'password_expired':
    case 'two_factor_required':
      return c.json({ code: result.reason }, 403)
    case 'unavailable':
      return unavailable(c, result.retry_after_seconds)
    case 'not_allowed':
      return unavailable(c, RETRY_AFTER_SECONDS)
  }
}

function unavailable(c: Context<Gatehouse>, retryAfterSeconds: number): Response {
  c.header('retry-after', String(retryAfterSeconds))
  return c.json({ code: 'unavailable' }, 503)
}

/** Rejects when the service is stopped or exceeds the deadline. */
async function ask(gatehouse: GatehouseBinding, presented: Request) {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('too late')), DEADLINE_MS)
  try {
    return await Promise.race([gatehouse.authenticate(presented), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
