/**
 * The authorization endpoint (RFC 6749 section 3.1, OpenID Connect Core section 3.1.2). It finds the session
 * itself: if nothing has to be asked, an answer costs one call to the user's object and no query.
 */
import { deliveryOf } from '../../app-sign-in/authorization-request'
import { authorize, type Decision } from '../../app-sign-in/authorize'
import {
  askedAt,
  AUTHORIZE,
  authorizePath,
  MAX_AUTHORIZE_CHARS,
  withoutPrompt,
} from '../../app-sign-in/authorize-path'
import { type RedirectTarget, redirectTarget } from '../../app-sign-in/redirect-target'
import { appMap } from '../../apps/app-map'
import type { AppFault } from '../../apps/metadata-app'
import { shownName } from '../../apps/shown-name'
import { readForm } from '../../http/body'
import { OAuthError } from '../../http/oauth-error'
import type { CheckedSession } from '../../sessions/require-session'
import type { Texts } from '../../texts/en'
import { withNext } from '../runtime/local-path'
import {
  page,
  type PageAnswer,
  type PageRequest,
  redirect,
  type SeeOther,
  type View,
} from '../runtime/page'
import { namedSession, visitorOf } from '../runtime/visitor'
import { consentView } from './consent-view'
import { type AppAnswer, deliver, errorParameters } from './deliver'
import { notAllowedView, otherView, refusedView, selectView } from './views'

/** What every branch of a request for an app needs. */
export interface Flow {
  readonly request: PageRequest
  readonly query: URLSearchParams
  readonly target: RedirectTarget
  readonly sid: string | undefined
}

/** The request of the address if its app and redirect URI are valid, or else the page that names the fault. */
export async function flowOf(request: PageRequest): Promise<Flow | PageAnswer> {
  const { deps, texts } = request
  const { search, searchParams: query } = new URL(request.request.url)
  if (AUTHORIZE.length + search.length > MAX_AUTHORIZE_CHARS) return refusedView(texts, 'too_long')
  const target = await redirectTarget(deps, query)
  if (typeof target === 'string') return refusedView(texts, target)
  if ('fault' in target) return faultView(texts, target)
  const session = await namedSession(deps, request.cookie('session'))
  return { request, query, target, sid: session?.sid }
}

/** A metadata document that cannot be used. */
const faultView = (texts: Texts, { fault, retryAfter }: AppFault): View => ({
  ...refusedView(texts, 'unknown_app', new OAuthError('invalid_client', fault)),
  ...(retryAfter !== undefined && {
    status: 503,
    headers: { 'retry-after': String(retryAfter) },
  }),
})

export const isFlow = (found: Flow | PageAnswer): found is Flow => 'sid' in found

/** Authorizes, and answers the app or leads the user on. */
export async function goOn(flow: Flow, allowed?: string): Promise<PageAnswer> {
  const { deps } = flow.request
  const map = await appMap(deps)
  return answerTo(
    flow,
    await authorize(deps, {
      ...flow,
      map,
      ...(allowed !== undefined && { allowed }),
    }),
  )
}

/** The answer to the app. */
export const answerOf = (
  { query, target }: Flow,
  parameters: AppAnswer['parameters'],
): AppAnswer => ({ target, delivery: deliveryOf(query, target.redirectUri), parameters })

async function answerTo(flow: Flow, decision: Decision): Promise<PageAnswer> {
  const { request, query, target } = flow
  switch (decision.kind) {
    case 'code':
      return deliver(request, answerOf(flow, { code: decision.code }))
    case 'refused':
      return refuse(flow, decision)
    case 'sign_in':
      return toSignIn(flow, decision)
    case 'sign_up':
      return redirect(withNext('/sign-up', authorizePath(withoutPrompt(query, 'create'))))
    case 'required_action':
      return redirect(withNext(pageOf(decision), authorizePath(query)))
    case 'confirm':
      return redirect(withNext('/confirm-identity', askedAt(query, request.deps.now)))
    case 'consent':
      return consentView(await shown(flow, decision.live), target, decision)
    case 'select_account':
      return selectView(await shown(flow, decision.live))
    case 'other_account':
      return otherView(await shown(flow, decision.live), denied(flow, 'login_required'))
    case 'not_allowed':
      return notAllowedView(await shown(flow, decision.live), denied(flow, 'access_denied'))
  }
}

/** Apps that nobody here has registered get no answer before the user is known (RFC 9700 section 4.11.2). */
function refuse(flow: Flow, { error, isSignedIn }: Decision & { kind: 'refused' }): PageAnswer {
  const { request, target } = flow
  if (target.app.source === 'metadata' && !isSignedIn) {
    return refusedView(request.texts, 'invalid', error)
  }
  return deliver(request, answerOf(flow, errorParameters(error)))
}

/** `isFresh`: the sign-in is also the proof that the request asks for. */
function toSignIn(
  { query, request }: Flow,
  { isOver, isFresh }: Decision & { kind: 'sign_in' },
): SeeOther {
  const left = withoutPrompt(query, 'select_account')
  const next = isFresh ? askedAt(left, request.deps.now) : authorizePath(left)
  return redirect(withNext('/sign-in', next), {
    ...(isOver && { flash: 'session_ended', cookies: [{ name: 'session', value: null }] }),
  })
}

function pageOf({ action, canProve }: Decision & { kind: 'required_action' }): string {
  if (action === 'password_expired') return '/change-password'
  return canProve ? '/confirm-identity' : '/account/two-factor'
}

const denied = (flow: Flow, code: 'access_denied' | 'login_required'): AppAnswer =>
  answerOf(flow, errorParameters(new OAuthError(code, DENIED[code])))

const DENIED = {
  access_denied: 'This user may not use the app',
  login_required: 'Another user is signed in',
} as const

/** Shows a page to the user of the session. */
async function shown({ request, query, target }: Flow, live: CheckedSession) {
  const visitor = await visitorOf(request.deps, live)
  return { request: request.as(visitor), appName: shownName(target.app), query }
}

/** A form of the app's, from its own site: the parameters come again in the address. */
async function toAddress(request: PageRequest): Promise<PageAnswer> {
  const path = authorizePath(await readForm(request.request))
  return path.length > MAX_AUTHORIZE_CHARS ? refusedView(request.texts, 'too_long') : redirect(path)
}

const authorizePage = page({
  path: AUTHORIZE,
  access: 'anyone',
  isOpenToSites: true,
  actsOnGet: true,
  show: async (request) => {
    const flow = await flowOf(request)
    return isFlow(flow) ? goOn(flow) : flow
  },
  act: toAddress,
})

export const authorizePages = [authorizePage]
