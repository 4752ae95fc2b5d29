/** The options of an app, and their defaults. */
import type { Context } from 'hono'
import type { Fetch } from '../../client/src/oidc/ask.ts'
import { checkIssuer } from '../../client/src/oidc/discovery.ts'
import type { GatehouseSignInError } from '../../client/src/oidc/failure.ts'
import { type KeyRing, keyRing } from './encrypted-cookie.ts'
import type { EndedSessions } from './ended-sessions.ts'

export interface GatehouseOptions {
  /** The service's PUBLIC_URL, such as https://auth.example.com. */
  readonly issuer: string
  readonly clientId: string
  /** Of an app of kind `web`. */
  readonly clientSecret?: string
  /** Where this app is, such as https://app.example.com. The Host header is not believed. */
  readonly baseUrl: string
  /**
   * The keys that encrypt the cookies: `id:key`, separated by commas, each key 32 random bytes in base64url. The
   * first one encrypts, and all of them decrypt. To rotate, put a new one in front, and remove the old one
   * after `sessionSeconds`.
   */
  readonly cookieKeys: string
  /** Default: `openid profile email`. */
  readonly scope?: string
  /** The API that access tokens are for (RFC 8707). */
  readonly resource?: string
  /** The path in front of `/sign-in`, `/callback`, `/sign-out` and `/back-channel-logout`. Default: `/auth`. */
  readonly basePath?: string
  /** Where users come back to after signing out, as it is registered. Default: `/`. */
  readonly afterSignOut?: string
  /** The maximum life of a session, however often it is renewed. Default: 7 days. */
  readonly sessionSeconds?: number
  /** Default: `gatehouse`. */
  readonly cookieName?: string
  /** Where it is kept which sessions have ended. Default: the memory of this process. */
  readonly endedSessions?: EndedSessions
  /** The most milliseconds that a request to the service may take. Default: 10,000. */
  readonly timeoutMs?: number
  /** Replaces the global fetch, for example by that of a service binding. */
  readonly fetch?: Fetch
  /** Answers a sign-in that failed. Default: a short page with a link to try again. */
  readonly onError?: (error: GatehouseSignInError, c: Context) => Response | Promise<Response>
}

export interface Settings {
  readonly issuer: string
  readonly app: { readonly clientId: string; readonly clientSecret: string | undefined }
  readonly origin: string
  readonly isSecure: boolean
  readonly keys: KeyRing
  readonly scope: string
  readonly resource: string | undefined
  readonly basePath: string
  readonly afterSignOut: string
  readonly sessionSeconds: number
  readonly cookieName: string
  readonly ended: EndedSessions
  readonly asking: { readonly fetch: Fetch; readonly timeoutMs: number }
  readonly onError: GatehouseOptions['onError']
}

const WEEK_SECONDS = 7 * 86_400
const TIMEOUT_MS = 10_000

/** Throws a TypeError for options that cannot work. */
export function settingsOf(options: GatehouseOptions, memory: EndedSessions): Settings {
  const { origin, protocol } = new URL(checkIssuer(options.baseUrl))
  const { basePath = '/auth' } = options
  if (!/^(?:\/[\w.~-]+)+$/.test(basePath)) throw new TypeError(`basePath ${basePath} is not a path`)
  return {
    issuer: checkIssuer(options.issuer),
    app: { clientId: options.clientId, clientSecret: options.clientSecret },
    origin,
    isSecure: protocol === 'https:',
    keys: keyRing(options.cookieKeys),
    scope: options.scope ?? 'openid profile email',
    resource: options.resource,
    basePath,
    afterSignOut: new URL(options.afterSignOut ?? '/', origin).href,
    sessionSeconds: options.sessionSeconds ?? WEEK_SECONDS,
    cookieName: options.cookieName ?? 'gatehouse',
    ended: options.endedSessions ?? memory,
    asking: {
      fetch: options.fetch ?? ((request) => globalThis.fetch(request)),
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    },
    onError: options.onError,
  }
}
