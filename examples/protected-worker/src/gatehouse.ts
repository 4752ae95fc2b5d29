/**
 * Middleware that lets in whom Gatehouse knows, asked over the service binding at every request: who was
 * signed out, deactivated or lost a permission is refused from that moment. To be copied as it is, with
 * Gatehouse's rpc-types.ts beside it.
 *
 *   no token, or one that is not good      401
 *   a session with something to cure first, or a permission that is not held      403
 *   Gatehouse stopped, failing or slower than the deadline      503 with Retry-After
 */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { GatehouseBinding, SignedIn } from '../../../src/rpc/rpc-types'

export type Gatehouse = {
  Bindings: { GATEHOUSE: GatehouseBinding }
  Variables: { user: SignedIn['user'] }
}

/** Longer than this nobody waits: slow is as good as down. */
const DEADLINE_MS = 2000
const RETRY_AFTER_SECONDS = 5

/** Lets in whoever is signed in, as `c.get('user')`. */
export const requireUser = () =>
  createMiddleware<Gatehouse>(async function requireUser(c, next) {
    const refusal = await identify(c)
    if (refusal) return refusal
    await next()
  })

/** Lets in whoever is signed in and holds a permission. Stands by itself, or behind requireUser. */
export const requirePermission = (permission: string) =>
  createMiddleware<Gatehouse>(async function requirePermission(c, next) {
    const refusal = c.get('user') ? undefined : await identify(c)
    if (refusal) return refusal
    if (!c.get('user').permissions.includes(permission)) return c.json({ code: 'forbidden' }, 403)
    await next()
  })

/** Puts the user into the context, or returns the answer to whoever is none. */
async function identify(c: Context<Gatehouse>): Promise<Response | undefined> {
  // Without its body, which the handler is to read.
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

/** Rejects when the service is stopped, and when it takes longer than the deadline. */
async function ask(gatehouse: GatehouseBinding, presented: Request) {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('too late')), DEADLINE_MS)
  try {
    return await Promise.race([gatehouse.authenticate(presented), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
