/**
 * The rules of apps' sessions in a user's object: which is live, and what ends it (RFC 6749, RFC 9700). No
 * method awaits, so of any number of parallel requests one is decided after the other.
 */
import type { AppSignOutReason } from '../../events'
import type { CheckAppResult, ConnectedApp, RotateAppResult, Wanted } from '../app-session-types'
import type { AccountState, Device } from '../session-types'
import type { AppEnds } from './app-ends'
import { publicAppPart, type StoredAppSession } from './app-row'
import type { AppStore } from './app-store'
import { beyondGrant } from './beyond-grant'
import type { CodeStore } from './code-store'
import { connectedApps } from './connected'
import type { ConsentStore } from './consent-store'
import { JustRevoked } from './just-revoked'
import { CLOCK_LEEWAY_MS, NO_DEVICE, type SessionRules, type Stores } from './session-rules'
import type { WriteBudget } from './write-budget'

export interface AppStores extends Stores {
  readonly apps: AppStore
  readonly codes: CodeStore
  readonly consents: ConsentStore
  readonly writes: WriteBudget
}

interface PresentedRefresh {
  readonly id: string
  readonly clientId: string
  readonly generation: number
  readonly wanted: Wanted
}

interface LiveApp {
  readonly appSession: StoredAppSession
  readonly accountState: AccountState
}

export class AppRules {
  readonly #justRevoked = new JustRevoked()

  constructor(
    private readonly stores: AppStores,
    private readonly sessions: SessionRules,
    private readonly ends: AppEnds,
  ) {}

  live(id: string, now: number): LiveApp | undefined {
    const appSession = this.stores.apps.get(id)
    const { accountState, erasedAt } = this.stores.store
    if (!appSession || !accountState || erasedAt !== null || accountState.isBlocked)
      return undefined
    if (appSession.createdAt - now > CLOCK_LEEWAY_MS) this.stores.apps.bringBack(appSession, now)
    const isLive =
      appSession.expiresAt > now &&
      appSession.credentialVersion === accountState.credentialVersion &&
      (appSession.isOffline || this.sessions.live(appSession.sid, now) !== undefined)
    return isLive ? { appSession, accountState } : undefined
  }

  check(id: string, now: number): CheckAppResult {
    const live = this.live(id, now)
    if (!live) return { isLive: false }
    this.stores.apps.touch(live.appSession, now)
    return { isLive: true, ...shownApp(live) }
  }

  /** See AppSessionsObject.rotateApp. */
  rotate(
    { id, clientId, generation, wanted }: PresentedRefresh,
    graceMs: number,
    device: Device,
    now: number,
  ): RotateAppResult {
    const live = this.live(id, now)
    if (live?.appSession.clientId !== clientId) return { status: 'refused' }
    const { appSession } = live
    const state = this.stores.apps.refreshState(appSession, generation, graceMs, now)
    if (state === 'unknown') return { status: 'refused' }
    if (state === 'reused') {
      this.sessions.record('app.refresh_reused', device, {
        client_id: clientId,
        app_session_id: id,
      })
      this.ends.end([appSession], 'refresh_reused', device)
      return { status: 'refused' }
    }
    const what = beyondGrant(appSession, wanted)
    if (what) return { status: 'beyond', what }
    if (state === 'newest') this.stores.apps.advance(appSession, now)
    return { status: 'rotated', ...shownApp(live) }
  }

  /** Ends a live session of this app; false when there is none. */
  end(
    id: string,
    clientId: string,
    reason: AppSignOutReason,
    device: Device,
    now: number,
  ): boolean {
    const live = this.live(id, now)
    if (live?.appSession.clientId !== clientId) return false
    this.ends.end([live.appSession], reason, device)
    if (reason === 'revoked_by_app') this.#justRevoked.add(live.appSession, now)
    return true
  }

  /** Removes consent, codes and sessions of an app; false when there was nothing of it. */
  disconnect(clientId: string, device: Device): boolean {
    const { apps, codes, consents } = this.stores
    const sessions = apps.of(clientId)
    const hadCode = codes.dropOf(clientId)
    const hadConsent = consents.remove(clientId)
    if (sessions.length === 0 && !hadCode && !hadConsent) return false
    this.ends.end(sessions, 'disconnected', device)
    this.sessions.record('app.disconnected', device, { client_id: clientId })
    return true
  }

  connected(now: number): ConnectedApp[] {
    const live = this.stores.apps.all().filter(({ id }) => this.live(id, now))
    return connectedApps(this.stores.consents.all(), live)
  }

  /** See AppSessionsObject.signOutForApp. */
  signOut(
    browserSid: string,
    appSessionId: string | null,
    device: Device,
    now: number,
  ): 'signed_out' | 'ask' | 'no_session' {
    const browser = this.sessions.live(browserSid, now)
    if (!browser) return 'no_session'
    if (appSessionId === null) return 'ask'
    const openedIn =
      this.live(appSessionId, now)?.appSession.sid ?? this.#justRevoked.sidOf(appSessionId, now)
    if (openedIn !== browserSid) return 'ask'
    this.sessions.revoke([browser.session], 'signed_out', device)
    return 'signed_out'
  }

  /** Ends sessions that have expired, by themselves or with the browser's session. */
  endExpired(now: number): void {
    const { store, apps } = this.stores
    if (store.erasedAt !== null) return
    const expired = apps.all().filter(({ id }) => !this.live(id, now))
    this.ends.end(expired, 'expired', NO_DEVICE)
  }
}

const shownApp = ({ appSession, accountState }: LiveApp) => ({
  appSession: publicAppPart(appSession),
  accountState,
})
