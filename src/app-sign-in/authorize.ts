/**
 * Decides on an authorization request: a code, an error for the app, or what the user has to do first. In a warm
 * isolate it costs one call to the user's object, which issues a code only if every condition holds at that
 * instant. Nothing is written before (OpenID Connect Core section 3.1.2).
 */
import { verifyIdTokenHint } from '../app-tokens/id-token'
import type { AppMap } from '../apps/app-map'
import { appSubject } from '../apps/app-subject'
import { type AskedAtResource, askedAtResources } from '../apps/asked-at-resources'
import { recordMetadataApp } from '../apps/record-metadata-app'
import { type Deps, deviceOf, type RequiredAction } from '../context'
import { sha256 } from '../crypto/encoding'
import { encryptToken } from '../crypto/encrypted-token'
import { DomainError } from '../errors'
import type { Strength } from '../events'
import { OAuthError } from '../http/oauth-error'
import type { AuthorizeResult, Live } from '../sessions/app-session-types'
import { sessionsOf } from '../sessions/object-stub'
import { type CheckedSession, liveSession } from '../sessions/require-session'
import { subjectOf } from '../sessions/session-types'
import type { AppRow } from '../tables/apps'
import { type AuthorizationRequest, parseRequest } from './authorization-request'
import { conditionsOf } from './conditions'
import { metadataHash } from './metadata-hash'
import type { RedirectTarget } from './redirect-target'

export type Decision =
  | { readonly kind: 'code'; readonly code: string }
  /** `isSignedIn`: the user was found to be signed in. */
  | { readonly kind: 'refused'; readonly error: OAuthError; readonly isSignedIn: boolean }
  /** `isOver`: the browser had a session. */
  | { readonly kind: 'sign_in'; readonly isOver: boolean; readonly isFresh: boolean }
  | { readonly kind: 'sign_up' }
  | {
      readonly kind: 'required_action'
      readonly action: RequiredAction
      readonly canProve: boolean
    }
  /** The user must prove again who they are. */
  | { readonly kind: 'confirm' }
  | { readonly kind: 'not_allowed'; readonly live: CheckedSession }
  | {
      readonly kind: 'consent'
      readonly live: CheckedSession
      readonly scopes: readonly string[]
      readonly remembered: readonly string[]
      readonly atResources: readonly AskedAtResource[]
      /** Comes back with the user's answer: see `seenHash`. */
      readonly seen: string
    }
  | { readonly kind: 'select_account'; readonly live: CheckedSession }
  /** The app asks for a user who is not signed in here. */
  | { readonly kind: 'other_account'; readonly live: CheckedSession }

export interface Asking {
  readonly map: AppMap
  readonly target: RedirectTarget
  readonly query: URLSearchParams
  /** The id of the browser's session, from its signed cookie. */
  readonly sid: string | undefined
  /** The user has just allowed what the page with this hash showed. */
  readonly allowed?: string
}

/** Decides about the request. Throws `too_many_attempts` and faults. */
export async function authorize(deps: Deps, asking: Asking): Promise<Decision> {
  try {
    const request = parseRequest(asking.map, asking.target, asking.query)
    return await decide(deps, asking, request)
  } catch (error) {
    if (error instanceof OAuthError) return { kind: 'refused', error, isSignedIn: false }
    throw error
  }
}

async function decide(
  deps: Deps,
  asking: Asking,
  request: AuthorizationRequest,
): Promise<Decision> {
  const { sid, target } = asking
  const { prompts } = request
  const expected = await expectedSub(deps, target.app, request)
  if (sid === undefined) return whenSignedOut(request)
  const subject = subjectOf(sid)
  const sub = await appSubject(deps, target.app, subject)
  if (expected !== undefined && expected !== sub) {
    if (prompts.has('none')) return refused('login_required', 'Another user is signed in', false)
    return whenLive(deps, sid, request, 'other_account')
  }
  if (prompts.has('select_account') || prompts.has('create')) {
    return whenLive(deps, sid, request, 'select_account')
  }
  const { scopes, resources, claims, binding } = request
  const isOffline = scopes.includes('offline_access')
  const grant = { clientId: target.app.clientId, sub, scopes, resources, claims, isOffline }
  // If what they saw has changed meanwhile, they are asked again.
  const isConsentGiven =
    asking.allowed !== undefined && asking.allowed === (await seenHash(asking, request))
  const ask = async (strength: Strength) => {
    const means = { strength, isConsentGiven }
    const conditions = await conditionsOf(deps, target.app, request, means)
    const device = deviceOf(deps)
    return sessionsOf(deps, subject).authorize(sid, { grant, binding, conditions, device })
  }
  const result = await ask(request.acr.strength)
  if (isConsentGiven && result.status === 'code') {
    deps.waitUntil(recordMetadataApp(deps, target.app))
  }
  // A wish that the user cannot fulfil, or not without being asked.
  const isUnmet = result.status === 'stronger' && (prompts.has('none') || !canProveTwo(result))
  if (isUnmet && !request.acr.isEssential) return decisionOf(deps, asking, request, await ask(1))
  return decisionOf(deps, asking, request, result)
}

/** A user's decision is about the app and everything that it asks for. */
async function seenHash(
  { map, target: { app } }: Pick<Asking, 'map' | 'target'>,
  request: AuthorizationRequest,
): Promise<string> {
  const asked = askedAtResources(map, request)
  return sha256(JSON.stringify([await metadataHash(app), request.scopes, asked]))
}

/** `sub` that the request names by its hint or by the parameter `claims`. Throws `invalid_request`. */
async function expectedSub(
  deps: Deps,
  { clientId }: AppRow,
  { idTokenHint, sub }: AuthorizationRequest,
): Promise<string | undefined> {
  if (idTokenHint === undefined) return sub
  const hint = await verifyIdTokenHint(deps, idTokenHint)
  const isOwn = hint?.clientId === clientId && (sub === undefined || sub === hint.sub)
  if (!isOwn) throw new OAuthError('invalid_request', 'id_token_hint is not a token of this app')
  return hint.sub
}

/** What a browser without a live session leads to. */
const whenSignedOut = ({ prompts, maxAge }: AuthorizationRequest, isOver = false): Decision => {
  if (prompts.has('none')) return refused('login_required', 'Nobody is signed in', false)
  if (prompts.has('create')) return { kind: 'sign_up' }
  return { kind: 'sign_in', isOver, isFresh: prompts.has('login') || maxAge !== undefined }
}

/** A page about the account that is signed in. It needs no code, so the session is only checked. */
async function whenLive(
  deps: Deps,
  sid: string,
  request: AuthorizationRequest,
  kind: 'select_account' | 'other_account',
): Promise<Decision> {
  try {
    return { kind, live: await liveSession(deps, sid) }
  } catch (error) {
    const isOver = error instanceof DomainError && error.code === 'invalid_access_token'
    if (isOver) return whenSignedOut(request, true)
    throw error
  }
}

const canProveTwo = ({ accountState }: Live): boolean =>
  accountState.isSecondFactorEnabled || accountState.passkeys.length > 0

async function decisionOf(
  deps: Deps,
  { map, target, sid = '' }: Asking,
  request: AuthorizationRequest,
  result: AuthorizeResult,
): Promise<Decision> {
  const isSilent = request.prompts.has('none')
  switch (result.status) {
    case 'code': {
      const payload = { subject: subjectOf(sid), id: result.id }
      return { kind: 'code', code: await encryptToken(deps.config.TOKEN_KEYS, 'code', payload) }
    }
    case 'throttled':
      if (isSilent) return refused('temporarily_unavailable', 'Too many requests of this user')
      throw new DomainError('too_many_attempts', { retryAfter: result.retryAfter })
    case 'signed_out':
      return whenSignedOut(request, true)
    case 'required_action':
      if (isSilent) return refused('interaction_required', 'The user has to do something first')
      return {
        kind: 'required_action',
        action: result.action,
        canProve: result.action === 'two_factor_required' && canProveTwo(result),
      }
    case 'not_allowed':
      if (isSilent) return refused('access_denied', 'This user may not use the app')
      return { kind: 'not_allowed', live: result }
    case 'reauthenticate':
      if (isSilent) return refused('login_required', 'The user has to sign in again')
      return { kind: 'confirm' }
    case 'stronger':
      if (isSilent || !canProveTwo(result)) {
        return refused('unmet_authentication_requirements', 'The user has no second factor')
      }
      return { kind: 'confirm' }
    case 'consent':
      if (isSilent) return refused('consent_required', 'The user has not allowed this')
      return {
        kind: 'consent',
        live: result,
        scopes: request.scopes,
        remembered: result.remembered,
        atResources: askedAtResources(map, request),
        seen: await seenHash({ map, target }, request),
      }
  }
}

const refused = (code: OAuthError['code'], description: string, isSignedIn = true): Decision => ({
  kind: 'refused',
  error: new OAuthError(code, description),
  isSignedIn,
})
