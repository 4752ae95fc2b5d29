/** The table `app_sessions` of a user's object. */
import {
  APP_SESSION_COLUMNS,
  type AppSessionRow,
  appSessionOf,
  appSessionValues,
  type StoredAppSession,
} from './app-row'
import { SessionTable } from './session-table'

export class AppStore extends SessionTable<StoredAppSession, AppSessionRow> {
  constructor(sql: SqlStorage) {
    super(sql, {
      table: 'app_sessions',
      idColumn: 'id',
      columns: APP_SESSION_COLUMNS,
      idOf: ({ id }) => id,
      fromRow: appSessionOf,
      toValues: appSessionValues,
    })
  }

  of(clientId: string): StoredAppSession[] {
    return this.all().filter((session) => session.clientId === clientId)
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
}
