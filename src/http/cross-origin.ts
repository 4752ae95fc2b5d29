/** CORS: the API for the configured origins, and what apps in browsers call for every origin. */
import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { loadConfig } from '../config'
import type { AppEnv } from './route'

const EXPOSED_HEADERS = ['x-request-id', 'retry-after', 'allow', 'www-authenticate']

const exactOrigins = cors({
  origin: (origin, c) => (loadConfig(c.env).ALLOWED_ORIGINS.includes(origin) ? origin : null),
  allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  allowHeaders: ['authorization', 'content-type'],
  exposeHeaders: EXPOSED_HEADERS,
  maxAge: 600,
})

const anyOrigin = cors({
  origin: '*',
  allowMethods: ['GET', 'POST'],
  allowHeaders: ['authorization', 'content-type'],
  exposeHeaders: EXPOSED_HEADERS,
  maxAge: 600,
})

/** `openPaths`: what pages of any origin may call, such as apps that run in the browser. No cookie counts there. */
export const crossOrigin = (openPaths: ReadonlySet<string>): MiddlewareHandler<AppEnv> =>
  async function crossOrigin(c, next) {
    if (openPaths.has(c.req.path)) return anyOrigin(c, next)
    const isFromPage = c.req.header('origin') !== undefined
    // hono's cors answers every OPTIONS request. One that is not a preflight has to reach the route.
    const isPreflight = c.req.header('access-control-request-method') !== undefined
    if (isPreflight || (isFromPage && c.req.method !== 'OPTIONS')) return exactOrigins(c, next)
    await next()
    c.res.headers.append('vary', 'Origin')
    return undefined
  }
