/**
 * One Durable Object per user, named by the user's subject. It alone decides whether a session is live
 * and whether a second factor may be tried. Sessions are kept in SQLite and in memory, so `check` is a
 * map look-up. session-rules.ts decides; this class sends the events and schedules the alarm.
 */
import type { WriteKind } from '../../context'
import type { RevocationReason } from '../../events'
import type {
  AccountState,
  CheckResult,
  Device,
  KeptSession,
  ListedSession,
  OpenResult,
  PasskeyRefusal,
  PresentedPasskey,
  RotateResult,
  SessionRequest,
  SyncResult,
  TrustedDevice,
} from '../session-types'
import { AppSessionsObject } from './app-sessions-object'
import { listedPart, publicPart } from './session-parts'

export class UserSessions extends AppSessionsObject {
  /** For health checks: reaches the object and nothing else. */
  ping(): true {
    return true
  }

  /**
   * Opens a session for a sign-in whose credentials were verified against `accountState`. A passkey must
   * have verified its user.
   */
  async openSession(
    accountState: AccountState,
    request: SessionRequest,
    passkey?: PresentedPasskey,
  ): Promise<OpenResult | { status: PasskeyRefusal }> {
    const now = Date.now()
    return this.settled(
      passkey
        ? this.proofs.openByPasskey(accountState, request, passkey, now)
        : this.rules.open(accountState, request, now),
    )
  }

  /**
   * Whether a session is live, and under which accountState. Every authenticated request makes this one
   * call. Counts the request if it writes.
   */
  async check(sid: string, device: Device, write?: WriteKind): Promise<CheckResult> {
    const now = Date.now()
    const live = this.rules.live(sid, now)
    if (!live) return { isLive: false }
    this.store.touch(live.session, now)
    const retryAfter = write && this.writes.count(sid, write, now)
    const result: CheckResult = {
      isLive: true,
      accountState: live.accountState,
      session: publicPart(live.session),
      ...(retryAfter && { retryAfter }),
    }
    return this.rules.recordActivity(device, now) ? this.settled(result) : result
  }

  /**
   * Exchanges a refresh token of a generation for one of the next. The newest generation advances the
   * session. The one before it gets the same successor again within the grace period, for a lost answer
   * or two tabs. Anything older is reuse and revokes the session (RFC 9700 section 4.14.2).
   */
  rotate(sid: string, generation: number, graceMs: number, device: Device): Promise<RotateResult> {
    return this.settled(this.rules.rotate(sid, generation, graceMs, device, Date.now()))
  }

  /** Revokes a live session, named by its id or the hash of it; false when there is none. */
  async revokeSession(name: string, reason: RevocationReason, device: Device): Promise<boolean> {
    const live = this.rules.live(this.rules.byHash(name)?.sid ?? name, Date.now())
    if (!live) return false
    this.rules.revoke([live.session], reason, device)
    return this.settled(true)
  }

  /**
   * Revokes all sessions opened up to an instant (ms), except one that is named by its id or hash, what apps
   * opened up to then for offline use, all challenges opened up to then, which live for `challengeMs`, and the trust that browsers were given up
   * to then. Returns the number of sessions.
   */
  async revokeSessions(
    except: string | null,
    reason: RevocationReason,
    device: Device,
    until: number,
    challengeMs: number,
  ): Promise<number> {
    const now = Date.now()
    const kept = except && (this.rules.byHash(except)?.sid ?? except)
    const doomed = this.store.openedUpTo(until, now).filter(({ sid }) => sid !== kept)
    this.rules.revoke(doomed, reason, device)
    this.appEnds.openedUpTo({ until, now, kept }, reason, device)
    this.factors.dropOpened(until, challengeMs, now)
    this.rules.endTrust(this.trusted.endGiven(until, now), 'revoked', device)
    return this.settled(doomed.length)
  }

  /** Live sessions, the most recently used first. */
  listSessions(): ListedSession[] {
    const now = Date.now()
    return this.store
      .all()
      .filter((session) => this.rules.live(session.sid, now))
      .sort((a, b) => b.lastUsedAt - a.lastUsedAt)
      .map(listedPart)
  }

  /** Everything the object holds about its user, for their export. */
  describe(): {
    sessions: ListedSession[]
    devices: { device: string; lastSeenAt: number }[]
    trustedDevices: TrustedDevice[]
  } {
    return {
      sessions: this.listSessions(),
      devices: this.store.devices(),
      trustedDevices: this.listTrustedDevices(),
    }
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
      const result = this.rules.take(accountState, keep, now)
      if (result.status === 'taken') this.factors.budget.forgiveBefore(passwordSetAt ?? 0, now)
      return this.settled(result)
    }
    await this.eraseAll(now)
    return { status: 'erased' }
  }
}
