/**
 * One Durable Object per user, named by the user's subject. It alone decides whether a session is live
 * and whether a second factor may be tried. Sessions are kept in SQLite and in memory, so `check` is a
 * map look-up. session-rules.ts decides; this class sends the events and schedules the alarm.
 */
import { DurableObject } from 'cloudflare:workers'
import type { WriteKind } from '../../context'
import { runSchemaSteps } from '../../db/object-schema'
import type { RevocationReason } from '../../events'
import { UNKNOWN_ORIGIN } from '../../throttle/request-origin'
import type {
  AccountState,
  ChallengeResult,
  CheckResult,
  Device,
  KeptSession,
  ListedSession,
  OpenResult,
  PassResult,
  RotateResult,
  SessionRequest,
  SyncResult,
  TryResult,
} from '../session-types'
import { EventOutbox } from './event-outbox'
import { USER_SESSIONS_SCHEMA } from './schema-steps'
import { SecondFactorStore } from './second-factor-store'
import { listedPart, publicPart } from './session-parts'
import { SessionRules } from './session-rules'
import { SessionStore } from './session-store'
import { WriteBudget } from './write-budget'

const TOMBSTONE_MS = 31 * 86_400_000
/** The wait that is answered while blocked. Only new credentials or an unlock lift the block. */
const BLOCKED_SECONDS = 86_400

export class UserSessions extends DurableObject<Env> {
  readonly #store: SessionStore
  readonly #factors: SecondFactorStore
  readonly #events: EventOutbox
  readonly #writes: WriteBudget
  readonly #rules: SessionRules

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    runSchemaSteps(ctx.storage, USER_SESSIONS_SCHEMA)
    this.#store = new SessionStore(ctx.storage.sql)
    this.#factors = new SecondFactorStore(ctx.storage.sql)
    this.#events = new EventOutbox(ctx, env.EVENTS_QUEUE)
    this.#writes = new WriteBudget(ctx.storage.sql)
    this.#rules = new SessionRules(ctx.id.name ?? null, this.#store, this.#factors, this.#events)
  }

  /** For health checks: reaches the object and nothing else. */
  ping(): true {
    return true
  }

  /** Opens a session for a sign-in whose credentials were verified against `accountState`. */
  async openSession(accountState: AccountState, request: SessionRequest): Promise<OpenResult> {
    return this.#settled(this.#rules.open(accountState, request, Date.now()))
  }

  /**
   * Whether a session is live, and under which accountState. Every authenticated request makes this one
   * call. Counts the request if it writes.
   */
  async check(sid: string, device: Device, write?: WriteKind): Promise<CheckResult> {
    const now = Date.now()
    const live = this.#rules.live(sid, now)
    if (!live) return { isLive: false }
    this.#store.touch(live.session, now)
    const retryAfter = write && this.#writes.count(sid, write, now)
    const result: CheckResult = {
      isLive: true,
      accountState: live.accountState,
      session: publicPart(live.session),
      ...(retryAfter && { retryAfter }),
    }
    return this.#rules.recordActivity(device, now) ? this.#settled(result) : result
  }

  /**
   * Exchanges a refresh token of a generation for one of the next. The newest generation advances the
   * session. The one before it gets the same successor again within the grace period, for a lost answer
   * or two tabs. Anything older is reuse and revokes the session (RFC 9700 section 4.14.2).
   */
  rotate(sid: string, generation: number, graceMs: number, device: Device): Promise<RotateResult> {
    return this.#settled(this.#rules.rotate(sid, generation, graceMs, device, Date.now()))
  }

  /** Revokes a live session, named by its id or the hash of it; false when there is none. */
  async revokeSession(name: string, reason: RevocationReason, device: Device): Promise<boolean> {
    const live = this.#rules.live(this.#rules.byHash(name)?.sid ?? name, Date.now())
    if (!live) return false
    this.#rules.revoke([live.session], reason, device)
    return this.#settled(true)
  }

  /**
   * Revokes all sessions opened up to an instant (ms), except one that is named by its id or hash, and all
   * challenges opened up to then, which live for `challengeMs`. Returns the number of sessions.
   */
  async revokeSessions(
    except: string | null,
    reason: RevocationReason,
    device: Device,
    until: number,
    challengeMs: number,
  ): Promise<number> {
    const now = Date.now()
    const kept = except && (this.#rules.byHash(except)?.sid ?? except)
    const doomed = this.#store.openedUpTo(until, now).filter(({ sid }) => sid !== kept)
    this.#rules.revoke(doomed, reason, device)
    this.#factors.dropOpened(until, challengeMs, now)
    return this.#settled(doomed.length)
  }

  /** Live sessions, the most recently used first. */
  listSessions(): ListedSession[] {
    const now = Date.now()
    return this.#store
      .all()
      .filter((session) => this.#rules.live(session.sid, now))
      .sort((a, b) => b.lastUsedAt - a.lastUsedAt)
      .map(listedPart)
  }

  /** Everything the object holds about its user, for their export. */
  describe(): { sessions: ListedSession[]; devices: { device: string; lastSeenAt: number }[] } {
    return { sessions: this.listSessions(), devices: this.#store.devices() }
  }

  /** Opens a challenge: proof of the right password, to be presented with the second factor. */
  async openChallenge(
    accountState: AccountState,
    isRemembered: boolean,
    ttlSeconds: number,
    from = UNKNOWN_ORIGIN,
  ): Promise<ChallengeResult> {
    const now = Date.now()
    return this.#settled(this.#rules.challenge(accountState, isRemembered, ttlSeconds, from, now))
  }

  /** Counts an attempt at a challenge, before the code is compared. */
  async tryChallenge(cid: string, from = UNKNOWN_ORIGIN): Promise<TryResult> {
    return this.#settled(this.#rules.tryChallenge(cid, from, Date.now()))
  }

  /** Exchanges a challenge for a session; `spent` when it or the TOTP step has been used meanwhile. */
  async passChallenge(
    cid: string,
    step: number | null,
    accountState: AccountState,
    request: SessionRequest,
    from = UNKNOWN_ORIGIN,
  ): Promise<PassResult> {
    const now = Date.now()
    return this.#settled(this.#rules.passChallenge(cid, step, accountState, request, from, now))
  }

  /** Records that the code for a challenge was wrong. */
  async wrongFactor(cid: string, device: Device): Promise<void> {
    this.#rules.wrongFactor(cid, device, Date.now())
    await this.#settled(undefined)
  }

  /** Counts a signed-in user's second factor. Returns 0, or the seconds to wait if it is refused. */
  async tryFactor(from = UNKNOWN_ORIGIN): Promise<number> {
    const now = Date.now()
    // Wrong codes while a factor is being set up block nothing.
    const mayBeBlocked = this.#store.accountState?.isSecondFactorEnabled
    if (mayBeBlocked && this.#rules.isBlocked(from, now)) return this.#settled(BLOCKED_SECONDS)
    return this.#settled(Math.ceil(this.#factors.budget.reserve(from, now) / 1000))
  }

  /** Accepts a signed-in user's right factor; false: used before. `step`: null for a recovery code. */
  acceptFactor(step: number | null, from = UNKNOWN_ORIGIN): boolean {
    if (step !== null && !this.#factors.useStep(step)) return false
    this.#factors.budget.settle(from, 'right', Date.now())
    return true
  }

  /** Deletes failed second factors, for an admin's unlock. */
  unlockFactors(): void {
    this.#factors.budget.unlock()
  }

  /** Until when factors are refused somewhere (ms; null: nowhere), and if the password is blocked. */
  secondFactorLock(): { until: number | null; isBlocked: boolean } {
    const { budget } = this.#factors
    return { until: budget.lockedUntil(Date.now()), isBlocked: budget.isBlocked }
  }

  /**
   * Stores an account state if it is newer, and revokes what older credentials opened. Null means that the
   * user was erased, which no later account state undoes. Late, repeated and reordered calls change
   * nothing. `passwordSetAt` (ms) lifts a block from an earlier password. It is not part of the
   * account state, because one that an earlier release has stored must compare equal to D1's.
   */
  async syncAccountState(
    accountState: AccountState | null,
    keep: KeptSession | null,
    passwordSetAt?: number | null,
  ): Promise<SyncResult> {
    const now = Date.now()
    if (accountState !== null) {
      const result = this.#rules.take(accountState, keep, now)
      if (result.status === 'taken') this.#factors.budget.forgiveBefore(passwordSetAt ?? 0, now)
      return this.#settled(result)
    }
    this.#rules.erase(now)
    this.#writes.erase()
    await this.ctx.storage.setAlarm((this.#store.erasedAt ?? now) + TOMBSTONE_MS)
    return { status: 'erased' }
  }

  /** Deletes what has expired, sends events that are still stored, and removes an expired tombstone. */
  override async alarm(): Promise<void> {
    const now = Date.now()
    const { erasedAt } = this.#store
    if (erasedAt !== null) {
      if (now < erasedAt + TOMBSTONE_MS) await this.ctx.storage.setAlarm(erasedAt + TOMBSTONE_MS)
      else await this.ctx.storage.deleteAll()
      return
    }
    const parts = [this.#store, this.#factors, this.#writes, this.#events]
    for (const part of parts) part.dropExpired(now)
    await this.#events.deliver()
    await this.#schedule()
  }

  /** After a change: sends its events without delaying the answer, and sets the next alarm. */
  async #settled<T>(result: T): Promise<T> {
    this.ctx.waitUntil(this.#events.deliver())
    await this.#schedule()
    return result
  }

  async #schedule(): Promise<void> {
    const due = Math.min(
      this.#store.nextExpiry(),
      this.#factors.nextExpiry(),
      this.#events.retryAt(),
    )
    if (due === Number.POSITIVE_INFINITY) return
    const set = await this.ctx.storage.getAlarm()
    if (set === null || due < set) await this.ctx.storage.setAlarm(due)
  }
}
