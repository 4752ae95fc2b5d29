/**
 * The tables `state` (the account state, the tombstone), `sessions` and `devices` of a user's object. State
 * and sessions are read once, when the object wakes, and kept in memory; every write goes to both.
 * `last_used_at` is exact in memory but stored every 15 minutes only, so that a check costs no write.
 */
import type { AccountState } from '../session-types'
import {
  fromRow,
  SESSION_COLUMNS,
  type SessionRow,
  type StateRow,
  type StoredSession,
} from './session-row'

const STORE_LAST_USE_EVERY_MS = 15 * 60_000
const MAX_DEVICES = 50

export class SessionStore {
  accountState: AccountState | null = null
  /** When the user was erased, in milliseconds: the tombstone. */
  erasedAt: number | null = null
  /** The last day, counted from the epoch, on which activity was recorded. */
  #activeDay = 0
  readonly #sessions = new Map<string, StoredSession>()
  /** When each session's last use was last written. */
  readonly #storedUse = new Map<string, number>()

  constructor(private readonly sql: SqlStorage) {
    this.#load()
  }

  #load(): void {
    const [state] = this.sql
      .exec<StateRow>('SELECT account_state, erased_at, active_day FROM state')
      .toArray()
    this.accountState = state?.account_state
      ? (JSON.parse(state.account_state) as AccountState)
      : null
    this.erasedAt = state?.erased_at ?? null
    this.#activeDay = state?.active_day ?? 0
    for (const row of this.sql.exec<SessionRow>(`SELECT ${SESSION_COLUMNS} FROM sessions`)) {
      this.#sessions.set(row.sid, fromRow(row))
      this.#storedUse.set(row.sid, row.last_used_at)
    }
  }

  get activeDay(): number {
    return this.#activeDay
  }

  set activeDay(day: number) {
    if (day === this.#activeDay) return
    this.#activeDay = day
    this.#writeState()
  }

  setAccountState(accountState: AccountState): void {
    this.accountState = accountState
    this.#writeState()
  }

  get(sid: string): StoredSession | undefined {
    return this.#sessions.get(sid)
  }

  all(): StoredSession[] {
    return [...this.#sessions.values()]
  }

  /** Includes sessions from the future: they were opened before the clock was set back. */
  openedUpTo(until: number, now: number): StoredSession[] {
    return this.all().filter(({ createdAt }) => createdAt <= until || createdAt > now)
  }

  insert(session: StoredSession): void {
    this.#sessions.set(session.sid, session)
    this.#storedUse.set(session.sid, session.lastUsedAt)
    this.sql.exec(
      `INSERT INTO sessions (${SESSION_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      session.sid,
      session.createdAt,
      session.expiresAt,
      session.lastUsedAt,
      session.isRemembered ? 1 : 0,
      session.generation,
      session.rotatedAt,
      session.credentialVersion,
      session.ip,
      session.country,
      session.userAgent,
      session.amr.join(' '),
      session.authTime,
      session.provedAt,
      session.passkeyId,
      session.provedBy,
      session.signInAmr.join(' '),
    )
  }

  touch(session: StoredSession, now: number): void {
    session.lastUsedAt = now
    const storedAt = this.#storedUse.get(session.sid) ?? 0
    if (Math.abs(now - storedAt) < STORE_LAST_USE_EVERY_MS) return
    this.#storedUse.set(session.sid, now)
    this.sql.exec('UPDATE sessions SET last_used_at = ? WHERE sid = ?', now, session.sid)
  }

  rotate(session: StoredSession, now: number): void {
    session.generation += 1
    session.rotatedAt = now
    session.lastUsedAt = now
    this.#storedUse.set(session.sid, now)
    this.sql.exec(
      'UPDATE sessions SET generation = ?, rotated_at = ?, last_used_at = ? WHERE sid = ?',
      session.generation,
      now,
      now,
      session.sid,
    )
  }

  /** Stores when and how a session was proved last. `provedBy`: the passkey, if it was one. */
  prove(
    session: StoredSession,
    { amr, provedAt, provedBy }: Pick<StoredSession, 'amr' | 'provedAt' | 'provedBy'>,
  ): void {
    Object.assign(session, { amr, provedAt, provedBy })
    this.sql.exec(
      'UPDATE sessions SET amr = ?, proved_at = ?, proved_by = ? WHERE sid = ?',
      amr.join(' '),
      provedAt,
      provedBy,
      session.sid,
    )
  }

  /** Restarts a session that was opened while the clock was ahead: it lives for its length from now. */
  bringBack(ahead: StoredSession, now: number): StoredSession {
    const session = {
      ...ahead,
      createdAt: now,
      expiresAt: now + (ahead.expiresAt - ahead.createdAt),
      lastUsedAt: now,
      rotatedAt: Math.min(ahead.rotatedAt, now),
      authTime: Math.min(ahead.authTime, now),
      // A proof from the future would stand for too long.
      provedAt: 0,
    }
    this.remove([ahead])
    this.insert(session)
    return session
  }

  /** Keeps a session under changed credentials, if it is of the version just before. */
  carryOver(session: StoredSession, credentialVersion: number, now: number): void {
    if (session.credentialVersion !== credentialVersion - 1 || session.expiresAt <= now) return
    session.credentialVersion = credentialVersion
    this.sql.exec(
      'UPDATE sessions SET credential_version = ? WHERE sid = ?',
      credentialVersion,
      session.sid,
    )
  }

  remove(sessions: readonly StoredSession[]): void {
    for (const { sid } of sessions) {
      this.#sessions.delete(sid)
      this.#storedUse.delete(sid)
      this.sql.exec('DELETE FROM sessions WHERE sid = ?', sid)
    }
  }

  dropExpired(now: number): void {
    this.remove(this.all().filter((session) => session.expiresAt <= now))
  }

  /** The least recently used sessions beyond the newest `most`. */
  leastRecentlyUsed(most: number): StoredSession[] {
    const surplus = this.#sessions.size - most
    if (surplus <= 0) return []
    return this.all()
      .sort((a, b) => a.lastUsedAt - b.lastUsedAt)
      .slice(0, surplus)
  }

  /** When the next session expires, in milliseconds since the epoch; infinity when there is none. */
  nextExpiry(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.all().map((session) => session.expiresAt))
  }

  devices(): { device: string; lastSeenAt: number }[] {
    return this.sql
      .exec<{ device: string; lastSeenAt: number }>(
        'SELECT device, last_seen_at AS lastSeenAt FROM devices ORDER BY last_seen_at DESC',
      )
      .toArray()
  }

  /** Stores that a device was seen. `first` is the user's first device, which causes no mail. */
  seeDevice(device: string, now: number): 'first' | 'new' | 'known' {
    const known = this.sql
      .exec<{ device: string }>('SELECT device FROM devices')
      .toArray()
      .map((row) => row.device)
    this.sql.exec(
      'INSERT OR REPLACE INTO devices (device, last_seen_at) VALUES (?, ?)',
      device,
      now,
    )
    this.sql.exec(
      'DELETE FROM devices WHERE device NOT IN (SELECT device FROM devices ORDER BY last_seen_at DESC LIMIT ?)',
      MAX_DEVICES,
    )
    if (known.length === 0) return 'first'
    return known.includes(device) ? 'known' : 'new'
  }

  /** Deletes everything of the user but the instant of the erasure. */
  erase(now: number): void {
    this.#sessions.clear()
    this.#storedUse.clear()
    this.accountState = null
    this.erasedAt = now
    this.#activeDay = 0
    this.sql.exec('DELETE FROM sessions; DELETE FROM devices;')
    this.#writeState()
  }

  #writeState(): void {
    this.sql.exec(
      'INSERT OR REPLACE INTO state (one, account_state, erased_at, active_day) VALUES (1, ?, ?, ?)',
      this.accountState && JSON.stringify(this.accountState),
      this.erasedAt,
      this.#activeDay,
    )
  }
}
