/**
 * The cookie with the app's request that this browser came with. A user who starts at an app and then registers, resets
 * a password or accepts an invitation by a mailed link in the same browser returns to the app.
 */
import { isAuthorizePath } from '../../app-sign-in/authorize-path'
import type { PageCookie } from '../runtime/cookies'
import { localPath } from '../runtime/local-path'
import type { PageRequest } from '../runtime/page'

const COOKIE_SECONDS = 3600
/** A longer cookie is refused by browsers (4,096 bytes with its name and attributes). */
const MAX_BYTES = 3_500

/** The cookie for a page that continues to an app. Empty for other pages, and if it would be too long. */
export function continueCookie(next: string): PageCookie[] {
  const isKept = isAuthorizePath(next) && encodeURIComponent(next).length <= MAX_BYTES
  return isKept ? [{ name: 'continue', value: next, maxAge: COOKIE_SECONDS }] : []
}

/** Where the browser goes after a mailed link: to the app's request, or to the account. */
export function continuedPath({ cookie }: Pick<PageRequest, 'cookie'>): string {
  const path = localPath(cookie('continue'))
  return isAuthorizePath(path) ? path : '/account'
}
