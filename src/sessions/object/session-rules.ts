/**
 * The rules of a user's object, apart from its RPC methods: which account state is the newest, which
 * sessions are live, and what revokes them. No method awaits between reading and writing, so no other
 * request can change what a decision was based on. Each method adds its events to the outbox.
 */
import { randomId } from '../../crypto/encoding'
import { sessionHash } from '../../crypto/session-hash'
import type { EventData, QueuedEventName, RevocationReason } from '../../events'
import { UNKNOWN_ORIGIN } from '../../throttle/request-origin'
import type {
  AccountState,
  ChallengeResult,
  Device,
  KeptSession,
  OpenResult,
  PassResult,
  RotateResult,
  SessionRequest,
  SyncResult,
  TryResult,
} from '../session-types'
import type { EventOutbox } from './event-outbox'
import type { SecondFactorStore } from './second-factor-store'
import { deviceKey, publicPart } from './session-parts'
import type { SessionStore, StoredSession } from './session-store'

const MAX_SESSIONS = 50
const DAY_MS = 86_400_000
/** Clocks of two hosts differ by less. A larger difference means that the clock was set back. */
const CLOCK_LEEWAY_MS = 60_000
const NO_DEVICE: Device = { ip: null, country: null, userAgent: null }

export class SessionRules {
  constructor(
    private readonly subject: string | null,
    private readonly store: SessionStore,
    private readonly factors: SecondFactorStore,
    private readonly events: EventOutbox,
  ) {}

  live(
    sid: string,
    now: number,
  ): { session: StoredSession; accountState: AccountState } | undefined {
    let session = this.store.get(sid)
    const { accountState, erasedAt } = this.store
    if (!session || !accountState || erasedAt !== null || accountState.isBlocked) return undefined
    if (session.createdAt - now > CLOCK_LEEWAY_MS) session = this.store.bringBack(session, now)
    const isStanding =
      session.expiresAt > now && session.credentialVersion === accountState.credentialVersion
    return isStanding ? { session, accountState } : undefined
  }

  /** The session whose id has this hash. Hashes up to 50 ids, so `check` must not use it. */
  byHash(hash: string): StoredSession | undefined {
    return this.store.all().find((session) => sessionHash(session.sid) === hash)
  }

  /** Stores an account state if it is newer than the known one, and revokes what older credentials opened. */
  take(accountState: AccountState, keep: KeptSession | null, now: number): SyncResult {
    if (this.store.erasedAt !== null) return { status: 'erased' }
    const known = this.store.accountState
    if (known && accountState.authVersion <= known.authVersion) {
      if (JSON.stringify(accountState) === JSON.stringify(known)) return { status: 'taken' }
      const { authVersion, credentialVersion } = known
      return { status: 'ahead', authVersion, credentialVersion }
    }
    this.store.setAccountState(accountState)
    // Wrong codes from setting a factor up, or for a factor that was turned off, must not count later.
    const isSwitched = known && known.isSecondFactorEnabled !== accountState.isSecondFactorEnabled
    if (isSwitched) this.factors.budget.forgiveBefore(now, now)
    if (keep?.credentialVersion === accountState.credentialVersion) {
      const kept = this.byHash(keep.session)
      if (kept) this.store.carryOver(kept, accountState.credentialVersion, now)
    }
    const doomed = this.store
      .all()
      .filter(
        (s) => s.credentialVersion !== accountState.credentialVersion || accountState.isBlocked,
      )
    this.revoke(doomed, 'credentials_changed', NO_DEVICE)
    this.factors.dropOlder(accountState.isBlocked ? 0 : accountState.credentialVersion)
    return { status: 'taken' }
  }

  erase(now: number): void {
    if (this.store.erasedAt !== null) return
    this.store.erase(now)
    this.factors.erase()
    this.events.clear()
  }

  /** Opens a session for a sign-in whose credentials were verified against `accountState`. */
  open(accountState: AccountState, request: SessionRequest, now: number): OpenResult {
    const fault = this.#believe(accountState, now)
    if (fault) return fault
    const { device } = request
    const session: StoredSession = {
      sid: accountState.subject + randomId(),
      createdAt: now,
      expiresAt: now + request.ttlSeconds * 1000,
      lastUsedAt: now,
      isRemembered: request.isRemembered,
      generation: 0,
      rotatedAt: now,
      credentialVersion: accountState.credentialVersion,
      ...device,
    }
    this.revoke(this.store.leastRecentlyUsed(MAX_SESSIONS - 1), 'too_many_sessions', device)
    this.store.insert(session)
    this.store.activeDay = Math.floor(now / DAY_MS)
    this.record('auth.signed_in', device, {
      session_id: sessionHash(session.sid),
      expires_at: session.expiresAt,
      remember_me: session.isRemembered,
      method: request.method,
      new_device: this.store.seeDevice(deviceKey(device), now) === 'new',
    })
    return { status: 'opened', session: publicPart(session), accountState }
  }

  /** Opens a challenge for a right password, unless the password is blocked on this network. */
  challenge(
    accountState: AccountState,
    isRemembered: boolean,
    ttlSeconds: number,
    from: string,
    now: number,
  ): ChallengeResult {
    const fault = this.#believe(accountState, now)
    if (fault) return fault
    if (this.isBlocked(from, now)) return { status: 'blocked' }
    const expiresAt = now + ttlSeconds * 1000
    const cid = this.factors.open(expiresAt, accountState.credentialVersion, isRemembered)
    return { status: 'opened', cid }
  }

  /** Counts an attempt at a challenge before its code is compared. */
  tryChallenge(cid: string, from: string, now: number): TryResult {
    const challenge = this.#openChallenge(cid, now)
    if (!challenge || this.isBlocked(from, now)) return { status: 'refused' }
    const { budget } = this.factors
    const wait = budget.reserve(from, now)
    if (wait > 0) return { status: 'throttled', retryAfter: Math.ceil(wait / 1000) }
    if (!this.factors.useTry(challenge)) {
      budget.settle(from, 'void', now)
      return { status: 'refused' }
    }
    return { status: 'go', isRemembered: challenge.isRemembered }
  }

  /** Exchanges a challenge, and the TOTP step if there was one, for a session. */
  passChallenge(
    cid: string,
    step: number | null,
    accountState: AccountState,
    request: SessionRequest,
    from: string,
    now: number,
  ): PassResult {
    const fault = this.#believe(accountState, now)
    if (fault) return fault
    if (!this.#openChallenge(cid, now)) return { status: 'spent' }
    if (step !== null && !this.factors.useStep(step)) {
      this.wrongFactor(cid, request.device, now)
      return { status: 'spent' }
    }
    this.factors.drop(cid)
    this.factors.budget.settle(from, 'right', now)
    return this.open(accountState, request, now)
  }

  /** Records a code that is wrong or has been used. The user is notified once per challenge. */
  wrongFactor(cid: string, device: Device, now: number): void {
    if (this.store.erasedAt !== null) return
    this.record('auth.second_factor_failed', device, { first: this.factors.isFirstWrong(cid) })
    this.isBlocked(UNKNOWN_ORIGIN, now, device)
  }

  /**
   * Whether the password is blocked on a network (SecondFactorBudget.block). The start of a block is
   * recorded, and its email tells the user that somebody else knows the password.
   */
  isBlocked(from: string, now: number, device = NO_DEVICE): boolean {
    const { isBlocked, isNew } = this.factors.budget.block(from, now)
    if (isNew) this.record('auth.password_blocked', device, {})
    return isBlocked
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
    if (!live || generation > live.session.generation) return { status: 'refused' }
    const { session, accountState } = live
    const isRepeated =
      generation === session.generation - 1 && Math.abs(now - session.rotatedAt) <= graceMs
    if (generation === session.generation) {
      this.store.rotate(session, now)
    } else if (!isRepeated) {
      this.record('auth.refresh_reused', device, { session_id: sessionHash(sid) })
      this.revoke([session], 'refresh_reused', device)
      return { status: 'refused' }
    }
    const result = { generation: session.generation, accountState, session: publicPart(session) }
    return { status: 'rotated', ...result }
  }

  /** Records the user's first activity of a day; true when this is it. */
  recordActivity(device: Device, now: number): boolean {
    const day = Math.floor(now / DAY_MS)
    // Not `<=`: after a clock was ahead and set back, that would record nothing until it catches up.
    if (day === this.store.activeDay) return false
    this.store.activeDay = day
    this.record('user.active', device, {})
    return true
  }

  revoke(sessions: readonly StoredSession[], reason: RevocationReason, device: Device): void {
    if (sessions.length === 0) return
    this.store.remove(sessions)
    const session_ids = sessions.map((session) => sessionHash(session.sid))
    this.record('auth.sessions_ended', device, { session_ids, reason })
  }

  record<E extends QueuedEventName>(event: E, device: Device, data: EventData[E]): void {
    this.events.add(event, this.subject, device, data)
  }

  #believe(accountState: AccountState, now: number): { status: 'stale' | 'refused' } | undefined {
    const { status } = this.take(accountState, null, now)
    if (status === 'erased') return { status: 'refused' }
    if (status === 'ahead') return { status: 'stale' }
    return accountState.isBlocked ? { status: 'refused' } : undefined
  }

  #openChallenge(cid: string, now: number) {
    const { accountState, erasedAt } = this.store
    if (!accountState || erasedAt !== null || accountState.isBlocked) return undefined
    return this.factors.find(cid, accountState.credentialVersion, now)
  }
}
