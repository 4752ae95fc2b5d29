/**
 * The table `codes` of a user's object: authorization codes. One that was redeemed is kept for a while, so
 * that a replay is noticed (RFC 9700 section 4.5).
 */
import { CODE_COLUMNS, type Code, type CodeRow, codeOf, codeValues } from './app-row'
import { placeholders } from './session-table'

const MAX_UNUSED = 20
/** For how long a code can be redeemed. */
export const CODE_MS = 60_000
const USED_CODE_MS = 10 * 60_000

export class CodeStore {
  constructor(private readonly sql: SqlStorage) {}

  find(id: string): Code | undefined {
    const [row] = this.sql
      .exec<CodeRow>(`SELECT ${CODE_COLUMNS} FROM codes WHERE id = ?`, id)
      .toArray()
    return row && codeOf(row)
  }

  /** Stores a code. The oldest unused ones beyond the limit are dropped. */
  insert(code: Code): void {
    this.sql.exec(
      `DELETE FROM codes WHERE id IN (SELECT id FROM codes WHERE app_session_id IS NULL
        ORDER BY created_at DESC LIMIT -1 OFFSET ?)`,
      MAX_UNUSED - 1,
    )
    this.sql.exec(
      `INSERT INTO codes (${CODE_COLUMNS}) VALUES (${placeholders(CODE_COLUMNS)})`,
      ...codeValues(code),
    )
  }

  /** Stores which session a code was exchanged for. */
  spend({ id }: Code, appSessionId: string, now: number): void {
    this.sql.exec(
      'UPDATE codes SET app_session_id = ?, expires_at = ? WHERE id = ?',
      appSessionId,
      now + USED_CODE_MS,
      id,
    )
  }

  drop({ id }: Code): void {
    this.sql.exec('DELETE FROM codes WHERE id = ?', id)
  }

  /** Drops the codes of an app. Returns whether one of them was unused. */
  dropOf(clientId: string): boolean {
    const unused = this.sql
      .exec('SELECT 1 FROM codes WHERE client_id = ? AND app_session_id IS NULL LIMIT 1', clientId)
      .toArray()
    this.sql.exec('DELETE FROM codes WHERE client_id = ?', clientId)
    return unused.length > 0
  }

  dropExpired(now: number): void {
    this.sql.exec('DELETE FROM codes WHERE expires_at <= ?', now)
  }

  /** When the next code expires, in milliseconds since the epoch; infinity when there is none. */
  nextExpiry(): number {
    const { at } = this.sql
      .exec<{ at: number | null }>('SELECT min(expires_at) AS at FROM codes')
      .one()
    return at ?? Number.POSITIVE_INFINITY
  }

  erase(): void {
    this.sql.exec('DELETE FROM codes')
  }
}
