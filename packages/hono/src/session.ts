/** The session of a browser with this app: all of it is in an encrypted cookie. */
import type { Context } from 'hono'
import type { IdTokenClaims } from '../../client/src/oidc/id-token.ts'
import type { TokenAnswer } from '../../client/src/oidc/tokens.ts'
import { dropCookie, encrypt, fits, readCookie, writeCookie } from './encrypted-cookie.ts'
import type { Settings } from './options.ts'

/** The user, from the ID token and userinfo. Which claims there are depends on the scopes. */
export interface User {
  readonly sub: string
  readonly sid?: string
  readonly name?: string
  readonly email?: string
  readonly email_verified?: boolean
  readonly auth_time?: number
  readonly acr?: string
  readonly [claim: string]: unknown
}

export interface CookieSession {
  readonly user: User
  readonly accessToken: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly refreshToken: string | undefined
  /** Without it, the service asks the user before it signs them out. */
  readonly idToken: string | undefined
  readonly scope: string
  /** Of the sign-in. A renewed ID token may repeat it. */
  readonly nonce: string
  /** Seconds since 1970. */
  readonly startedAt: number
}

/** Claims about the token and not about the user. A cookie has no room for them. */
const OF_THE_TOKEN = ['iss', 'aud', 'azp', 'exp', 'iat', 'nonce', 'at_hash', 'jti']

export function userOf(
  claims: IdTokenClaims,
  userinfo: Readonly<Record<string, unknown>> = {},
): User {
  const { sub, sid } = claims
  const all = Object.entries({ ...userinfo, ...claims })
  return {
    ...Object.fromEntries(all.filter(([name]) => !OF_THE_TOKEN.includes(name))),
    sub,
    ...(sid !== undefined && { sid }),
  }
}

export const sessionOf = (
  tokens: TokenAnswer,
  user: User,
  before: Pick<CookieSession, 'scope' | 'nonce' | 'startedAt'> & Partial<CookieSession>,
): CookieSession => ({
  user,
  accessToken: tokens.accessToken,
  expiresAt: tokens.expiresAt,
  refreshToken: tokens.refreshToken ?? before.refreshToken,
  idToken: tokens.idToken ?? before.idToken,
  scope: tokens.scope ?? before.scope,
  nonce: before.nonce,
  startedAt: before.startedAt,
})

const nowSeconds = () => Math.floor(Date.now() / 1000)

/** Returns the session of a request, or undefined if there is none or it is too old. */
export async function readSession(
  c: Context,
  settings: Settings,
): Promise<CookieSession | undefined> {
  const session = (await readCookie(c, settings, settings.cookieName)) as CookieSession | undefined
  return session && session.startedAt + settings.sessionSeconds > nowSeconds() ? session : undefined
}

/** Returns what writes the cookie, once there is a response to write it to. */
export async function keptSession(
  settings: Settings,
  session: CookieSession,
): Promise<(c: Context) => void> {
  const { keys, cookieName, sessionSeconds } = settings
  let text = await encrypt(keys, cookieName, session)
  if (!fits(cookieName, text)) {
    text = await encrypt(keys, cookieName, { ...session, idToken: undefined })
  }
  if (!fits(cookieName, text)) {
    throw new Error('The session does not fit into a cookie: ask for fewer scopes')
  }
  const maxAge = session.startedAt + sessionSeconds - nowSeconds()
  return (c) => writeCookie(c, settings, cookieName, text, maxAge)
}

export const dropSession = (c: Context, settings: Settings): void =>
  dropCookie(c, settings, settings.cookieName)
