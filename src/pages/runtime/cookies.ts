/**
 * The pages' cookies. Over https all are `__Host-`: Secure, of this host alone, HttpOnly, SameSite=Lax.
 * Local development runs over http, where some browsers refuse Secure cookies, so names are plain there.
 *
 * session    signed `page` token: the session's id; lives as long as the session when remembered
 * challenge  signed `challenge` token between the two steps of a sign-in
 * device     signed `device` token of a trusted browser, one per browser: that of the user who trusted it
 *            last. Each sign-in that it shortens replaces it, and one that it does not shorten removes it
 * sign-up    signed `sign_up` token: the account that this browser registered, until its address is verified
 * flash      signed `note`: a message to show once       mail  signed `note`: the address that was mailed
 * language   a language code, chosen by the switch
 * continue   the authorization request that this browser came with, until its user is signed in
 * passkey    `later` or `never`: the user does not want to be offered a passkey now
 */
import type { Context } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import type { Config } from '../../config'

export type CookieName =
  | 'session'
  | 'challenge'
  | 'device'
  | 'sign-up'
  | 'flash'
  | 'mail'
  | 'language'
  | 'passkey'
  | 'continue'

export interface PageCookie {
  readonly name: CookieName
  /** null removes it. */
  readonly value: string | null
  /** Seconds; without it the cookie ends with the browser. */
  readonly maxAge?: number | undefined
}

const isSecure = (config: Config) => config.PUBLIC_URL.startsWith('https:')

const fullName = (config: Config, name: CookieName): string => {
  const own = name === 'session' ? 'gatehouse' : `gatehouse-${name}`
  return isSecure(config) ? `__Host-${own}` : own
}

/** A cookie of the request; an empty one counts as missing. */
export const readCookie = (c: Context, config: Config, name: CookieName): string | undefined =>
  getCookie(c, fullName(config, name)) || undefined

export function writeCookie(c: Context, config: Config, cookie: PageCookie): void {
  const maxAge = cookie.value === null ? 0 : cookie.maxAge
  setCookie(c, fullName(config, cookie.name), cookie.value ?? '', {
    path: '/',
    httpOnly: true,
    sameSite: 'Lax',
    secure: isSecure(config),
    ...(maxAge !== undefined && { maxAge: Math.max(0, Math.floor(maxAge)) }),
  })
}
