/**
 * The address of an authorization request. It is the only place that holds the request until the user has
 * decided: every page on the way carries it as its `next`, so two tabs, the back button, a bookmark and an
 * idle hour do no harm.
 */
import { appMap } from '../apps/app-map'
import { ENDPOINTS } from '../apps/endpoints'
import { shownName } from '../apps/shown-name'
import type { Deps } from '../context'

export const AUTHORIZE = ENDPOINTS.authorize
/** Where the answer of the consent page is posted, with the same query. */
export const CONSENT = '/oauth/consent'

/** Path and query of the longest request that is taken. */
export const MAX_AUTHORIZE_CHARS = 8_192

/**
 * A parameter of our own, in milliseconds: the user was asked at this time to prove who they are, as
 * `prompt=login` or `max_age` wanted. Without it the page would ask again each time they come back.
 */
const ASKED_AT = '_after'

export const isAuthorizePath = (path: string): boolean =>
  path === AUTHORIZE || path.startsWith(`${AUTHORIZE}?`)

/** The parameters of a path of ours. */
export const queryOf = (path: string): URLSearchParams =>
  new URLSearchParams(path.split('?', 2)[1] ?? '')

/** The request with another query. */
export const authorizePath = (query: URLSearchParams): string => `${AUTHORIZE}?${query.toString()}`

/** The request with the time at which the user was asked for a proof. */
export function askedAt(query: URLSearchParams, at: number): string {
  const next = new URLSearchParams(query)
  next.set(ASKED_AT, String(at))
  return authorizePath(next)
}

/** The request without some values of `prompt`, because the user has done what they ask for. */
export function withoutPrompt(query: URLSearchParams, ...done: readonly string[]): URLSearchParams {
  const next = new URLSearchParams(query)
  const left = (next.get('prompt') ?? '').split(' ').filter((each) => !done.includes(each))
  if (left.join('') === '') next.delete('prompt')
  else next.set('prompt', left.join(' '))
  return next
}

/** When the user was asked for a proof; undefined if they were not, and for text that is no time. */
export function askedAtIn(query: URLSearchParams): number | undefined {
  const text = query.get(ASKED_AT) ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

const MAX_HINT_CHARS = 320

/** The parts of a request that the pages of the flow show: the app's name, and the address to fill in. */
export interface ShownRequest {
  readonly appName: string
  readonly loginHint: string | undefined
}

/** Undefined for any path that is not a request of an enabled app. */
export async function shownRequest(deps: Deps, path: string): Promise<ShownRequest | undefined> {
  if (!isAuthorizePath(path)) return undefined
  const query = queryOf(path)
  const app = (await appMap(deps)).apps.get(query.get('client_id') ?? '')
  if (!app || app.disabledAt !== null) return undefined
  const hint = query.get('login_hint') ?? ''
  const isAddress = hint.length <= MAX_HINT_CHARS && /^[^\s@]+@[^\s@]+$/.test(hint)
  return { appName: shownName(app), loginHint: isAddress ? hint : undefined }
}
