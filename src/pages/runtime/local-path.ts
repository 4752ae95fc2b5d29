import { isAuthorizePath, MAX_AUTHORIZE_CHARS, queryOf } from '../../app-sign-in/authorize-path'

const MAX_CHARS = 1000

/** Of what a form posts as the path to go on to. */
export const MAX_NEXT_CHARS = MAX_AUTHORIZE_CHARS

const isTooLong = (path: string): boolean =>
  path.length > (isAuthorizePath(path) ? MAX_AUTHORIZE_CHARS : MAX_CHARS)

/**
 * A path of this site, with its query, from a text that anyone may have written; `otherwise` for
 * whatever could lead elsewhere: other origins, `//host`, backslashes, control characters.
 */
export function localPath(text: string | null | undefined, otherwise = '/account'): string {
  if (!text || isTooLong(text) || !/^\/(?![/\\])/.test(text)) return otherwise
  if (/[\\\p{Cc}]/u.test(text) || !URL.canParse(text, 'https://here.invalid')) return otherwise
  const url = new URL(text, 'https://here.invalid')
  // Dots may resolve to a path that begins with two slashes.
  if (url.origin !== 'https://here.invalid' || url.pathname.startsWith('//')) return otherwise
  return url.pathname + url.search
}

/** The address of a page that goes on to another. */
export const withNext = (path: string, next: string): string => {
  if (next === '/account') return path
  return `${path}${path.includes('?') ? '&' : '?'}next=${encodeURIComponent(next)}`
}

/**
 * The sign-in or sign-up page for a browser. One that is signed in would be led on at once, and as the user who
 * wants to use another account.
 */
export const forAnotherUser = (path: '/sign-in' | '/sign-up', visitor: object | null): string =>
  visitor ? `${path}?other` : path

/** For pages that lead on to an app, but to nothing else. */
export const withNextInFlow = (path: string, next: string): string =>
  isAuthorizePath(next) ? withNext(path, next) : path

/** The authorization request that the page of an address continues to; undefined if there is none. */
export function nextInFlow(address: string): string | undefined {
  const next = localPath(queryOf(address).get('next'))
  return isAuthorizePath(next) ? next : undefined
}

/**
 * Whether the page of an address belongs to the sign-in of an app: it is one of the OAuth pages, or leads to
 * one.
 */
export const isOfFlow = (address: string): boolean =>
  address.startsWith('/oauth/') || nextInFlow(address) !== undefined

/** A path with a query. Parameters without a value are left out. */
export function withQuery(
  path: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const query = Object.entries(parameters).flatMap(([name, value]) =>
    value ? [`${name}=${encodeURIComponent(value)}`] : [],
  )
  return query.length === 0 ? path : `${path}?${query.join('&')}`
}
