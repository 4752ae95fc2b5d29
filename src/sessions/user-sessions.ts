/**
 * `UserSessions`: one Durable Object per user, named by the user's subject, and the only judge of his
 * sessions. Rows live in its SQLite and, whole, in memory, so `check` is a map look-up. Every method
 * runs without an await between reading and writing: what it decides, it decides alone.
 * It believes the newest authority it was given (authority.ts) and nothing else.
 */
import { DurableObject } from 'cloudflare:workers'
import { randomId } from '../crypto/encoding'
import type { EventData, QueuedEventName, SessionEnd, SignInMethod } from '../events'
import { EventOutbox } from './event-outbox'
import { SessionStore, type StoredSession } from './session-store'
import type {
  Authority,
  CheckResult,
  Device,
  KeptSession,
  ListedSession,
  OpenResult,
  RotateResult,
  Session,
  SyncResult,
} from './session-types'

export const MAX_SESSIONS = 50
const TOMBSTONE_MS = 31 * 86_400_000
const DAY_MS = 86_400_000

export interface SessionRequest {
  readonly authority: Authority
  readonly ttlSeconds: number
  readonly isRemembered: boolean
  readonly method: SignInMethod
  readonly device: Device
}

export class UserSessions extends DurableObject<Env> {
  readonly #store: SessionStore
  readonly #events: EventOutbox

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#store = new SessionStore(ctx.storage)
    this.#events = new EventOutbox(ctx, env.EVENTS_QUEUE)
  }

  /** Touches the object and nothing else, for health checks. */
  ping(): true {
    return true
  }

  /** Opens a session for a sign-in that was checked against `authority`. */
  async openSession(request: SessionRequest): Promise<OpenResult> {
    const now = Date.now()
    if (this.#store.erasedAt !== null) return { status: 'refused' }
    const taken = this.#take(request.authority, null, now)
    if (taken.status !== 'taken') return { status: 'stale' }
    if (request.authority.isBlocked) return { status: 'refused' }

    const session: StoredSession = {
      sid: request.authority.subject + randomId(),
      createdAt: now,
      expiresAt: now + request.ttlSeconds * 1000,
      lastUsedAt: now,
      isRemembered: request.isRemembered,
      n: 0,
      rotatedAt: now,
      credentialVersion: request.authority.credentialVersion,
      ...request.device,
    }
    this.#end(this.#store.leastRecentlyUsed(MAX_SESSIONS - 1), 'too_many_sessions', request.device)
    this.#store.insert(session)
    this.#store.activeDay = Math.floor(now / DAY_MS)
    this.#record('auth.signed_in', request.device, {
      session_id: session.sid,
      expires_at: session.expiresAt,
      remember_me: session.isRemembered,
      method: request.method,
    })
    await this.#settle()
    return { status: 'opened', session: publicPart(session), authority: request.authority }
  }

  /** Whether a session is live, with the authority to act on: the one hop of an authenticated request. */
  async check(sid: string, device: Device): Promise<CheckResult> {
    const now = Date.now()
    const live = this.#live(sid, now)
    if (!live) return { isLive: false }
    this.#store.touch(live.session, now)
    const day = Math.floor(now / DAY_MS)
    if (day > this.#store.activeDay) {
      this.#store.activeDay = day
      this.#record('user.active', device, {})
      await this.#settle()
    }
    return { isLive: true, authority: live.authority, session: publicPart(live.session) }
  }

  /**
   * Presents refresh counter n. The current one moves on; the one before it, within the grace period
   * and as long as its successor was never presented, gets that same successor (a lost answer, two
   * tabs); anything older is reuse and ends the session. Source: RFC 9700 section 4.14.2.
   */
  async rotate(sid: string, n: number, graceMs: number, device: Device): Promise<RotateResult> {
    const now = Date.now()
    const live = this.#live(sid, now)
    if (!live || n > live.session.n) return { status: 'refused' }
    const { session, authority } = live
    if (n === session.n) {
      this.#store.rotate(session, now)
    } else if (n !== session.n - 1 || now - session.rotatedAt > graceMs) {
      this.#record('auth.refresh_reused', device, { session_id: sid })
      this.#end([session], 'refresh_reused', device)
      await this.#settle()
      return { status: 'refused' }
    }
    return { status: 'rotated', n: session.n, authority, session: publicPart(session) }
  }

  /** Ends one live session; false when there is none of that id. */
  async endSession(sid: string, reason: SessionEnd, device: Device): Promise<boolean> {
    const live = this.#live(sid, Date.now())
    if (!live) return false
    this.#end([live.session], reason, device)
    await this.#settle()
    return true
  }

  /** Ends every session, or every one but `except`. Returns how many. */
  async endSessions(except: string | null, reason: SessionEnd, device: Device): Promise<number> {
    const doomed = this.#store.all().filter((session) => session.sid !== except)
    this.#end(doomed, reason, device)
    await this.#settle()
    return doomed.length
  }

  /** Live sessions, the last used first. */
  listSessions(): ListedSession[] {
    const now = Date.now()
    return this.#store
      .all()
      .filter((session) => this.#live(session.sid, now))
      .sort((a, b) => b.lastUsedAt - a.lastUsedAt)
      .map((session) => ({
        ...publicPart(session),
        lastUsedAt: session.lastUsedAt,
        ip: session.ip,
        country: session.country,
        userAgent: session.userAgent,
      }))
  }

  /**
   * Takes an authority if it is newer, ending what older credentials opened; null means the user was
   * erased, which no later authority undoes. Late, repeated and overtaken calls change nothing.
   */
  async syncAuthority(authority: Authority | null, keep: KeptSession | null): Promise<SyncResult> {
    const now = Date.now()
    if (authority === null) {
      if (this.#store.erasedAt === null) {
        this.#store.erase(now)
        this.#events.clear()
      }
      await this.ctx.storage.setAlarm(now + TOMBSTONE_MS)
      return { status: 'erased' }
    }
    if (this.#store.erasedAt !== null) return { status: 'erased' }
    const result = this.#take(authority, keep, now)
    await this.#settle()
    return result
  }

  /** Drops what has expired, sends events that are still here, and ends a tombstone's time. */
  override async alarm(): Promise<void> {
    const now = Date.now()
    const { erasedAt } = this.#store
    if (erasedAt !== null) {
      if (now < erasedAt + TOMBSTONE_MS) await this.ctx.storage.setAlarm(erasedAt + TOMBSTONE_MS)
      else await this.ctx.storage.deleteAll()
      return
    }
    this.#store.dropExpired(now)
    await this.#events.deliver()
    await this.#schedule()
  }

  #live(sid: string, now: number): { session: StoredSession; authority: Authority } | undefined {
    const session = this.#store.get(sid)
    const { authority, erasedAt } = this.#store
    if (!session || !authority || erasedAt !== null || authority.isBlocked) return undefined
    const isStanding =
      session.expiresAt > now && session.credentialVersion === authority.credentialVersion
    return isStanding ? { session, authority } : undefined
  }

  #take(authority: Authority, keep: KeptSession | null, now: number): SyncResult {
    const known = this.#store.authority
    if (known && authority.authVersion <= known.authVersion) {
      const isSame = JSON.stringify(authority) === JSON.stringify(known)
      if (isSame) return { status: 'taken' }
      const { authVersion, credentialVersion } = known
      return { status: 'ahead', authVersion, credentialVersion }
    }
    this.#store.setAuthority(authority)
    if (keep?.credentialVersion === authority.credentialVersion) {
      this.#store.carryOver(keep.sid, authority.credentialVersion, now)
    }
    const doomed = this.#store
      .all()
      .filter((s) => s.credentialVersion !== authority.credentialVersion || authority.isBlocked)
    this.#end(doomed, 'credentials_changed', { ip: null, country: null, userAgent: null })
    return { status: 'taken' }
  }

  #end(sessions: readonly StoredSession[], reason: SessionEnd, device: Device): void {
    if (sessions.length === 0) return
    this.#store.remove(sessions)
    const session_ids = sessions.map((session) => session.sid)
    this.#record('auth.sessions_ended', device, { session_ids, reason })
  }

  #record<E extends QueuedEventName>(event: E, device: Device, data: EventData[E]): void {
    this.#events.add(event, this.ctx.id.name ?? null, device, data)
  }

  /** After a change: send its events without holding up the answer, and set the next alarm. */
  async #settle(): Promise<void> {
    this.ctx.waitUntil(this.#events.deliver())
    await this.#schedule()
  }

  async #schedule(): Promise<void> {
    const due = Math.min(this.#store.nextExpiry(), this.#events.retryAt())
    if (due === Number.POSITIVE_INFINITY) return
    const set = await this.ctx.storage.getAlarm()
    if (set === null || due < set) await this.ctx.storage.setAlarm(due)
  }
}

const publicPart = ({ sid, createdAt, expiresAt, isRemembered }: StoredSession): Session => ({
  sid,
  createdAt,
  expiresAt,
  isRemembered,
})
