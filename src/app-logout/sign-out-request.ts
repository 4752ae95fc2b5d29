/**
 * Requests of apps to sign a browser out (OpenID Connect RP-Initiated Logout 1.0 section 2). Anyone can make a
 * browser send one, so it proves nothing: its effect depends on its `id_token_hint`, which we have signed.
 */
import { verifyIdTokenHint } from '../app-tokens/id-token'
import { findApp } from '../apps/find-app'
import { type Deps, deviceOf } from '../context'
import { sessionsOf } from '../sessions/object-stub'
import { subjectOf } from '../sessions/session-types'
import type { AppRow } from '../tables/apps'

export const SIGN_OUT = '/oauth/sign-out'
/** Where the user's answer is posted, with the same query. */
export const SIGN_OUT_ANSWER = '/oauth/sign-out/answer'

/** Hints of our apps are far shorter. */
const MAX_HINT_CHARS = 6_000
const PARAMETERS = [
  'id_token_hint',
  'logout_hint',
  'client_id',
  'post_logout_redirect_uri',
  'state',
  'ui_locales',
] as const

export interface SignOutRequest {
  /** The app that the hint was issued to; undefined without a valid hint. */
  readonly app: AppRow | undefined
  /** The app's session that the hint names. */
  readonly appSessionId: string | null
  /** Where the app wants its user back: only one of its registered URIs. */
  readonly returnTo: string | undefined
}

const UNKNOWN: SignOutRequest = { app: undefined, appSessionId: null, returnTo: undefined }

/**
 * Reads a request. Without a valid hint for an enabled app and for this `client_id`, the request names no app and
 * redirects nowhere: anyone could send such a link.
 */
export async function readSignOut(deps: Deps, sent: URLSearchParams): Promise<SignOutRequest> {
  // RFC 6749 section 3.1: none may be repeated. We cannot know which value was meant.
  if (PARAMETERS.some((name) => sent.getAll(name).length > 1)) return UNKNOWN
  const token = sent.get('id_token_hint') ?? ''
  if (token === '' || token.length > MAX_HINT_CHARS) return UNKNOWN
  const hint = await verifyIdTokenHint(deps, token)
  const clientId = sent.get('client_id')
  if (!hint || (clientId && clientId !== hint.clientId)) return UNKNOWN
  const app = await findApp(deps, hint.clientId)
  return app ? { app, appSessionId: hint.sid, returnTo: returnOf(app, sent) } : UNKNOWN
}

/** The URI with `state`. It is compared as a string and not parsed: it must stay as it was registered. */
function returnOf(app: AppRow, sent: URLSearchParams): string | undefined {
  const uri = sent.get('post_logout_redirect_uri') ?? ''
  if (!app.postLogoutRedirectUris.includes(uri)) return undefined
  const state = sent.get('state')
  if (!state) return uri
  return `${uri}${uri.includes('?') ? '&' : '?'}${new URLSearchParams({ state }).toString()}`
}

/**
 * Signs the browser out at once if the hint's session was opened in it, and is live or was just revoked by its app. If
 * not, the user has to be asked (`ask`): the hint may be old, from another browser, or from an attacker.
 */
export const signOutFor = (
  deps: Deps,
  sid: string,
  { appSessionId }: SignOutRequest,
): Promise<'signed_out' | 'ask' | 'no_session'> =>
  sessionsOf(deps, subjectOf(sid)).signOutForApp(sid, appSessionId, deviceOf(deps))
