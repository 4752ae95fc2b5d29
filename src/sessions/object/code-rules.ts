/**
 * The rules of authorization codes in a user's object: when one is issued, and when it is redeemed (RFC 6749,
 * RFC 7636, RFC 9700). No method awaits, so of any number of parallel requests one is decided after the other.
 */
import { randomId } from '../../crypto/encoding'
import type {
  AuthorizeConditions,
  AuthorizeRequest,
  AuthorizeResult,
  CodeProof,
  Live,
  RedeemResult,
} from '../app-session-types'
import { requiredActionFor } from '../required-action-rule'
import type { AccountState, Device } from '../session-types'
import { strengthOf } from '../strength'
import type { AppEnds } from './app-ends'
import { type Code, publicAppPart, type StoredAppSession } from './app-row'
import type { AppStores } from './app-rules'
import { beyondGrant } from './beyond-grant'
import { CODE_MS } from './code-store'
import type { Consent } from './consent-store'
import { publicPart } from './session-parts'
import type { StoredSession } from './session-row'
import { CLOCK_LEEWAY_MS, type SessionRules } from './session-rules'
import { leastRecentlyUsed } from './session-table'

const MAX_APP_SESSIONS = 200
const MAX_OF_AN_APP = 10

export class CodeRules {
  constructor(
    private readonly stores: AppStores,
    private readonly sessions: SessionRules,
    private readonly ends: AppEnds,
  ) {}

  /** See AppSessionsObject.authorize. */
  authorize(
    browserSid: string,
    { grant, binding, conditions, device, codeTtlMs = CODE_MS }: AuthorizeRequest,
    now: number,
  ): AuthorizeResult {
    const live = this.sessions.live(browserSid, now)
    if (!live) return { status: 'signed_out' }
    const { session, accountState } = live
    const shown: Live = { session: publicPart(session), accountState }
    const refusal = refusalOf(live, conditions, now)
    if (refusal) return { ...refusal, ...shown }
    const { consent } = conditions
    const known =
      consent.mode === 'not_needed'
        ? undefined
        : this.stores.consents.find(grant.clientId, consent.metadataHash)
    const wanted =
      consent.mode === 'not_needed' ? grant.scopes : [...grant.scopes, ...consent.atResources]
    if (consent.mode === 'ask' || (consent.mode === 'remembered' && !covers(known, wanted))) {
      return { status: 'consent', remembered: known?.allowed ?? [], ...shown }
    }
    const retryAfter = this.stores.writes.count(browserSid, 'own', now)
    if (retryAfter > 0) return { status: 'throttled', retryAfter, ...shown }
    if (consent.mode === 'given') {
      const { clientId: client_id, scopes } = grant
      this.stores.consents.give(client_id, wanted, consent.metadataHash, now)
      this.sessions.record('app.consented', device, { client_id, scopes: [...scopes] })
    } else if (known) this.stores.consents.touch(known, now)
    this.stores.store.touch(session, now)
    this.sessions.recordActivity(device, now)
    const code: Code = {
      ...grant,
      ...binding,
      id: randomId(),
      sid: session.sid,
      credentialVersion: session.credentialVersion,
      passkeyIds: [session.passkeyId, session.provedBy].filter((id) => id !== null),
      amr: session.amr,
      authTime: provedLast(session),
      createdAt: now,
      expiresAt: now + codeTtlMs,
      appSessionId: null,
    }
    this.stores.codes.insert(code)
    return { status: 'code', id: code.id, ...shown }
  }

  /** See AppSessionsObject.redeemCode. */
  redeem(codeId: string, proof: CodeProof, now: number): RedeemResult {
    const code = this.stores.codes.find(codeId)
    const isProved =
      code?.clientId === proof.clientId &&
      isRightRedirectUri(code, proof) &&
      // A verifier for a code without a challenge is refused too (RFC 9700 section 4.8.2).
      code.codeChallenge === proof.codeChallenge
    if (!isProved) return { status: 'invalid' }
    if (code.appSessionId !== null) {
      this.#replayed(code, code.appSessionId, proof.device)
      return { status: 'invalid' }
    }
    // The clock was set back: the code would be valid for longer than it should.
    if (code.expiresAt <= now || code.createdAt - now > CLOCK_LEEWAY_MS)
      return { status: 'invalid' }
    const parent = this.sessions.live(code.sid, now)
    if (!parent || parent.accountState.credentialVersion !== code.credentialVersion) {
      return { status: 'invalid' }
    }
    if (code.passkeyIds.some((id) => this.stores.passkeys.isRemoved(id)))
      return { status: 'invalid' }
    const what = beyondGrant(code, proof.wanted ?? {})
    if (what) return { status: 'beyond', what }
    const appSession = this.#open(code, parent.session, proof, now)
    this.stores.codes.spend(code, appSession.id, now)
    const { accountState } = parent
    return {
      status: 'opened',
      appSession: publicAppPart(appSession),
      accountState,
      nonce: code.nonce,
    }
  }

  #open(code: Code, parent: StoredSession, proof: CodeProof, now: number): StoredAppSession {
    const { clientId, sub, scopes, resources, claims, isOffline } = code
    const endsAt = now + proof.offlineTtlSeconds * 1000
    const session: StoredAppSession = {
      clientId,
      sub,
      scopes,
      resources,
      claims,
      isOffline,
      sid: code.sid,
      credentialVersion: code.credentialVersion,
      passkeyIds: code.passkeyIds,
      amr: code.amr,
      authTime: code.authTime,
      id: randomId(),
      generation: 0,
      rotatedAt: now,
      createdAt: now,
      expiresAt: isOffline ? endsAt : Math.min(endsAt, parent.expiresAt),
      lastUsedAt: now,
    }
    const { apps } = this.stores
    const ofApp = leastRecentlyUsed(apps.of(clientId), MAX_OF_AN_APP - 1)
    this.ends.end(ofApp, 'too_many_app_sessions', proof.device)
    const ofAll = leastRecentlyUsed(apps.all(), MAX_APP_SESSIONS - 1)
    this.ends.end(ofAll, 'too_many_app_sessions', proof.device)
    apps.insert(session)
    this.sessions.record('app.signed_in', proof.device, {
      client_id: clientId,
      app_session_id: session.id,
      scopes: [...scopes],
      expires_at: session.expiresAt,
    })
    return session
  }

  /** Reports a replay once, and ends what the code was exchanged for. */
  #replayed(code: Code, appSessionId: string, device: Device): void {
    this.stores.codes.drop(code)
    const { clientId: client_id } = code
    this.sessions.record('app.code_replayed', device, { client_id, app_session_id: appSessionId })
    const session = this.stores.apps.get(appSessionId)
    if (session) this.ends.end([session], 'code_replayed', device)
  }
}

/** OAuth 2.1: a code with a challenge needs no redirect URI. */
const isRightRedirectUri = (code: Code, { redirectUri }: CodeProof): boolean =>
  redirectUri === null ? code.codeChallenge !== null : redirectUri === code.redirectUri

/** When the user last proved who they are. After a clock was set back, only the sign-in counts. */
const provedLast = ({ authTime, provedAt }: StoredSession): number => Math.max(authTime, provedAt)

function refusalOf(
  { session, accountState }: { session: StoredSession; accountState: AccountState },
  conditions: AuthorizeConditions,
  now: number,
) {
  const { roleIds } = accountState
  const { twoFactorRoleIds, allowedRoleIds, authenticatedSince, strength } = conditions
  const isOneOf = (ids: readonly number[]) => roleIds.some((id) => ids.includes(id))
  const action = requiredActionFor(accountState, session, now, isOneOf(twoFactorRoleIds))
  if (action) return { status: 'required_action', action } as const
  if (allowedRoleIds && !isOneOf(allowedRoleIds)) return { status: 'not_allowed' } as const
  if (authenticatedSince !== null && provedLast(session) < authenticatedSince) {
    return { status: 'reauthenticate' } as const
  }
  return strengthOf(session) < strength ? ({ status: 'stronger' } as const) : undefined
}

const covers = (consent: Consent | undefined, wanted: readonly string[]): boolean =>
  consent !== undefined && wanted.every((word) => consent.allowed.includes(word))
