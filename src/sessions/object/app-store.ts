/**
 * The table `app_sessions` of a user's object. The rows are read once, when the object wakes, and kept in
 * memory; every write goes to both. `last_used_at` is stored every 15 minutes only, as for the browser's
 * sessions, so that a check costs no write.
 */
import {
  APP_SESSION_COLUMNS,
  type AppSessionRow,
  appSessionOf,
  appSessionValues,
  placeholders,
  type StoredAppSession,
} from './app-row'

const STORE_LAST_USE_EVERY_MS = 15 * 60_000

export class AppStore {
  readonly #sessions = new Map<string, StoredAppSession>()
  /** When each session's last use was last written. */
  readonly #storedUse = new Map<string, number>()

  constructor(private readonly sql: SqlStorage) {
    const rows = sql.exec<AppSessionRow>(`SELECT ${APP_SESSION_COLUMNS} FROM app_sessions`)
    for (const row of rows) {
      this.#sessions.set(row.id, appSessionOf(row))
      this.#storedUse.set(row.id, row.last_used_at)
    }
  }

  get(id: string): StoredAppSession | undefined {
    return this.#sessions.get(id)
  }

  all(): StoredAppSession[] {
    return [...this.#sessions.values()]
  }

  of(clientId: string): StoredAppSession[] {
    return this.all().filter((session) => session.clientId === clientId)
  }

  insert(session: StoredAppSession): void {
    this.#sessions.set(session.id, session)
    this.#storedUse.set(session.id, session.lastUsedAt)
    this.sql.exec(
      `INSERT INTO app_sessions (${APP_SESSION_COLUMNS}) VALUES (${placeholders(APP_SESSION_COLUMNS)})`,
      ...appSessionValues(session),
    )
  }

  touch(session: StoredAppSession, now: number): void {
    session.lastUsedAt = now
    const storedAt = this.#storedUse.get(session.id) ?? 0
    if (Math.abs(now - storedAt) < STORE_LAST_USE_EVERY_MS) return
    this.#storedUse.set(session.id, now)
    this.sql.exec('UPDATE app_sessions SET last_used_at = ? WHERE id = ?', now, session.id)
  }

  rotate(session: StoredAppSession, now: number): void {
    session.generation += 1
    session.rotatedAt = now
    session.lastUsedAt = now
    this.#storedUse.set(session.id, now)
    this.sql.exec(
      'UPDATE app_sessions SET generation = ?, rotated_at = ?, last_used_at = ? WHERE id = ?',
      session.generation,
      now,
      now,
      session.id,
    )
  }

  /** Restarts a session that was opened while the clock was ahead: it lives for its length from now. */
  bringBack(session: StoredAppSession, now: number): void {
    session.expiresAt = now + (session.expiresAt - session.createdAt)
    session.createdAt = now
    session.lastUsedAt = now
    session.rotatedAt = Math.min(session.rotatedAt, now)
    session.authTime = Math.min(session.authTime, now)
    this.remove([session])
    this.insert(session)
  }

  remove(sessions: readonly StoredAppSession[]): void {
    for (const { id } of sessions) {
      this.#sessions.delete(id)
      this.#storedUse.delete(id)
      this.sql.exec('DELETE FROM app_sessions WHERE id = ?', id)
    }
  }

  /** When the next session expires, in milliseconds since the epoch; infinity when there is none. */
  nextExpiry(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.all().map(({ expiresAt }) => expiresAt))
  }

  erase(): void {
    this.#sessions.clear()
    this.#storedUse.clear()
    this.sql.exec('DELETE FROM app_sessions')
  }
}

/** The least recently used of these sessions beyond the newest `most`. */
export const leastRecentlyUsed = (
  sessions: readonly StoredAppSession[],
  most: number,
): StoredAppSession[] =>
  sessions
    .toSorted((a, b) => a.lastUsedAt - b.lastUsedAt)
    .slice(0, Math.max(0, sessions.length - most))
