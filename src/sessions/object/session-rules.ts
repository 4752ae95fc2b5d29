/**
 * The rules of a user's object, apart from its RPC methods: which account state is the newest, which
 * sessions are live, and what revokes them. No method awaits between reading and writing, so no other
 * request can change what a decision was based on. Each method adds its events to the outbox.
 */
import { randomId } from '../../crypto/encoding'
import { sessionHash } from '../../crypto/session-hash'
import type { EventData, QueuedEventName, RevocationReason, TrustEndReason } from '../../events'
import type {
  AccountState,
  Device,
  KeptSession,
  OpenResult,
  RotateResult,
  SessionRequest,
  SyncResult,
} from '../session-types'
import { strengthOf } from '../strength'
import type { AppEnds } from './app-ends'
import type { EventOutbox } from './event-outbox'
import type { PasskeyStore } from './passkey-store'
import type { SecondFactorStore } from './second-factor-store'
import { deviceKey, publicPart } from './session-parts'
import type { StoredSession } from './session-row'
import type { SessionStore } from './session-store'
import { leastRecentlyUsed } from './session-table'
import type { TrustedDevices } from './trusted-devices'

const MAX_SESSIONS = 50
const DAY_MS = 86_400_000
/** Clocks of two hosts differ by less. A larger difference means that the clock was set back. */
export const CLOCK_LEEWAY_MS = 60_000
export const NO_DEVICE: Device = { ip: null, country: null, userAgent: null }

type Opened = Extract<OpenResult, { status: 'opened' }>

/** The parts of the object's storage that the rules act on. */
export interface Stores {
  readonly store: SessionStore
  readonly factors: SecondFactorStore
  readonly passkeys: PasskeyStore
  readonly trusted: TrustedDevices
}

export class SessionRules {
  constructor(
    private readonly subject: string | null,
    private readonly stores: Stores,
    private readonly events: EventOutbox,
    private readonly apps: AppEnds,
  ) {}

  live(
    sid: string,
    now: number,
  ): { session: StoredSession; accountState: AccountState } | undefined {
    let session = this.stores.store.get(sid)
    const { accountState, erasedAt } = this.stores.store
    if (!session || !accountState || erasedAt !== null || accountState.isBlocked) return undefined
    if (session.createdAt - now > CLOCK_LEEWAY_MS)
      session = this.stores.store.bringBack(session, now)
    const isStanding =
      session.expiresAt > now && session.credentialVersion === accountState.credentialVersion
    return isStanding ? { session, accountState } : undefined
  }

  /** The session whose id has this hash. Hashes up to 50 ids, so `check` must not use it. */
  byHash(hash: string): StoredSession | undefined {
    return this.stores.store.all().find((session) => sessionHash(session.sid) === hash)
  }

  /** Stores an account state if it is newer than the known one, and revokes what older credentials opened. */
  take(accountState: AccountState, keep: KeptSession | null, now: number): SyncResult {
    if (this.stores.store.erasedAt !== null) return { status: 'erased' }
    const known = this.stores.store.accountState
    if (known && accountState.authVersion <= known.authVersion) {
      if (JSON.stringify(accountState) === JSON.stringify(known)) return this.#taken(accountState)
      const { authVersion, credentialVersion } = known
      return { status: 'ahead', authVersion, credentialVersion }
    }
    this.stores.store.setAccountState(accountState)
    // Wrong codes from setting a factor up, or for a factor that was turned off, must not count later.
    const isSwitched = known && known.isSecondFactorEnabled !== accountState.isSecondFactorEnabled
    if (isSwitched) this.stores.factors.budget.forgiveBefore(now, now)
    if (keep?.credentialVersion === accountState.credentialVersion) {
      const kept = this.byHash(keep.session)
      if (kept) this.stores.store.carryOver(kept, accountState.credentialVersion, now)
    }
    const gone = (known?.passkeys ?? []).filter((id) => !accountState.passkeys.includes(id))
    this.#removePasskeys(gone, now)
    const version = accountState.isBlocked ? 0 : accountState.credentialVersion
    const isRemoved = (id: string) => this.stores.passkeys.isRemoved(id)
    // Before the sessions: one event for each app, of what they opened and of what is for offline use.
    this.apps.older(version, isRemoved, NO_DEVICE)
    const doomed = this.stores.store
      .all()
      .filter(
        ({ credentialVersion, passkeyId }) =>
          credentialVersion !== version || (passkeyId !== null && isRemoved(passkeyId)),
      )
    this.revoke(doomed, 'credentials_changed', NO_DEVICE)
    this.stores.factors.dropOlder(version)
    this.endTrust(this.stores.trusted.endOlder(version), 'credentials_changed', NO_DEVICE)
    return this.#taken(accountState)
  }

  /**
   * Remembers that passkeys were removed, and takes back what they gave: the trust in browsers, and the proofs
   * of sessions that were opened without them. `take` revokes the sessions that
   * they opened. A thief of the passkey must keep neither.
   */
  #removePasskeys(ids: readonly string[], now: number): void {
    if (ids.length === 0) return
    const isGone = (id: string | null) => id !== null && ids.includes(id)
    this.stores.passkeys.remove(ids, now)
    this.endTrust(this.stores.trusted.endOf(ids), 'credentials_changed', NO_DEVICE)
    for (const session of this.stores.store.all().filter(({ provedBy }) => isGone(provedBy))) {
      // The sign-in was a proof, too.
      const { signInAmr: amr, authTime: provedAt } = session
      this.stores.store.prove(session, { amr, provedAt, provedBy: null })
    }
  }

  #taken({ passkeys }: AccountState): SyncResult {
    const removed = passkeys.filter((id) => this.stores.passkeys.isRemoved(id))
    return { status: 'taken', ...(removed.length > 0 && { removed }) }
  }

  erase(now: number): void {
    if (this.stores.store.erasedAt !== null) return
    this.stores.store.erase(now)
    this.stores.factors.erase()
    this.stores.passkeys.erase()
    this.stores.trusted.erase()
    this.events.clear()
    this.apps.erase(NO_DEVICE)
  }

  /** Opens a session for a sign-in whose credentials were verified against `accountState`. */
  open(
    accountState: AccountState,
    request: SessionRequest,
    now: number,
    passkeyId: string | null = null,
  ): Exclude<OpenResult, { status: 'opened' }> | Opened {
    const fault = this.believe(accountState, now)
    if (fault) return fault
    const { device, amr } = request
    const session: StoredSession = {
      sid: accountState.subject + randomId(),
      createdAt: now,
      expiresAt: now + request.ttlSeconds * 1000,
      lastUsedAt: now,
      isRemembered: request.isRemembered,
      generation: 0,
      rotatedAt: now,
      credentialVersion: accountState.credentialVersion,
      amr,
      signInAmr: amr,
      authTime: now,
      provedAt: now,
      passkeyId,
      provedBy: null,
      ...device,
    }
    const surplus = leastRecentlyUsed(this.stores.store.all(), MAX_SESSIONS - 1)
    this.revoke(surplus, 'too_many_sessions', device)
    this.stores.store.insert(session)
    this.stores.store.activeDay = Math.floor(now / DAY_MS)
    this.record('auth.signed_in', device, {
      session_id: sessionHash(session.sid),
      expires_at: session.expiresAt,
      remember_me: session.isRemembered,
      method: request.method,
      amr: [...amr],
      strength: strengthOf(session),
      passkey_id: passkeyId,
      new_device: this.stores.store.seeDevice(deviceKey(device), now) === 'new',
    })
    return { status: 'opened', session: publicPart(session), accountState }
  }

  /** Records the end of browsers' trust. */
  endTrust(device_ids: string[], reason: TrustEndReason, device: Device): void {
    if (device_ids.length > 0)
      this.record('auth.device_trust_ended', device, { device_ids, reason })
  }

  /** See UserSessions.rotate. */
  rotate(
    sid: string,
    generation: number,
    graceMs: number,
    device: Device,
    now: number,
  ): RotateResult {
    const live = this.live(sid, now)
    if (!live) return { status: 'refused' }
    const { session, accountState } = live
    const state = this.stores.store.refreshState(session, generation, graceMs, now)
    if (state === 'unknown') return { status: 'refused' }
    if (state === 'reused') {
      this.record('auth.refresh_reused', device, { session_id: sessionHash(sid) })
      this.revoke([session], 'refresh_reused', device)
      return { status: 'refused' }
    }
    if (state === 'newest') this.stores.store.advance(session, now)
    const result = { generation: session.generation, accountState, session: publicPart(session) }
    return { status: 'rotated', ...result }
  }

  /** Records the user's first activity of a day; true when this is it. */
  recordActivity(device: Device, now: number): boolean {
    const day = Math.floor(now / DAY_MS)
    // Not `<=`: after a clock was ahead and set back, that would record nothing until it catches up.
    if (day === this.stores.store.activeDay) return false
    this.stores.store.activeDay = day
    this.record('user.active', device, {})
    return true
  }

  revoke(sessions: readonly StoredSession[], reason: RevocationReason, device: Device): void {
    if (sessions.length === 0) return
    this.stores.store.remove(sessions)
    const session_ids = sessions.map((session) => sessionHash(session.sid))
    this.record('auth.sessions_ended', device, { session_ids, reason })
    this.apps.withSessions(new Set(sessions.map(({ sid }) => sid)), reason, device)
  }

  record<E extends QueuedEventName>(event: E, device: Device, data: EventData[E]): void {
    this.events.add(event, this.subject, device, data)
  }

  /** Takes the account state of a sign-in, if it is newer. Returns why it cannot go on, if so. */
  believe(accountState: AccountState, now: number): { status: 'stale' | 'refused' } | undefined {
    const { status } = this.take(accountState, null, now)
    if (status === 'erased') return { status: 'refused' }
    if (status === 'ahead') return { status: 'stale' }
    return accountState.isBlocked ? { status: 'refused' } : undefined
  }
}
