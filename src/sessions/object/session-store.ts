/** The tables `state` (the account state, the tombstone), `sessions` and `devices` of a user's object. */
import type { AccountState } from '../session-types'
import {
  SESSION_COLUMNS,
  sessionOf,
  type SessionRow,
  sessionValues,
  type StateRow,
  type StoredSession,
} from './session-row'
import { SessionTable } from './session-table'

const MAX_DEVICES = 50

export class SessionStore extends SessionTable<StoredSession, SessionRow> {
  accountState: AccountState | null = null
  /** When the user was erased, in milliseconds: the tombstone. */
  erasedAt: number | null = null
  /** The last day, counted from the epoch, on which activity was recorded. */
  #activeDay = 0

  constructor(sql: SqlStorage) {
    super(sql, {
      table: 'sessions',
      idColumn: 'sid',
      columns: SESSION_COLUMNS,
      idOf: ({ sid }) => sid,
      fromRow: sessionOf,
      toValues: sessionValues,
    })
    const [state] = sql
      .exec<StateRow>('SELECT account_state, erased_at, active_day FROM state')
      .toArray()
    this.accountState = state?.account_state
      ? (JSON.parse(state.account_state) as AccountState)
      : null
    this.erasedAt = state?.erased_at ?? null
    this.#activeDay = state?.active_day ?? 0
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

  /** Includes sessions from the future: they were opened before the clock was set back. */
  openedUpTo(until: number, now: number): StoredSession[] {
    return this.all().filter(({ createdAt }) => createdAt <= until || createdAt > now)
  }

  /** Stores when and how a session was proved last. `provedBy`: the passkey, if it was one. */
  prove(
    session: StoredSession,
    { amr, provedAt, provedBy }: Pick<StoredSession, 'amr' | 'provedAt' | 'provedBy'>,
  ): void {
    Object.assign(session, { amr, provedAt, provedBy })
    this.update(session, { amr: amr.join(' '), proved_at: provedAt, proved_by: provedBy })
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
    this.update(session, { credential_version: credentialVersion })
  }

  dropExpired(now: number): void {
    this.remove(this.all().filter((session) => session.expiresAt <= now))
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
    this.removeAll()
    this.accountState = null
    this.erasedAt = now
    this.#activeDay = 0
    this.sql.exec('DELETE FROM devices')
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
