/**
 * Limits the mails that the events of one user cause to a few of each kind an hour. An attacker with
 * the password can sign in as one new device after another. Each sign-in is logged, but after some the
 * user gets no further mail. Rows are read and written only when an event would cause a mail.
 */
import type { NotificationName } from '../../notifications'
import { expiresAt, NEW_ROW, reserve } from '../../throttle/policy'

const KIND = 'notifications'

export class NotificationBudget {
  constructor(private readonly sql: SqlStorage) {}

  /** Counts one mail; false when the hour's budget is used up. */
  take(notification: NotificationName, now: number): boolean {
    const [stored] = this.sql
      .exec<{ tries: string }>('SELECT tries FROM notices WHERE notice = ?', notification)
      .toArray()
    const tries = stored ? (JSON.parse(stored.tries) as number[]) : []
    const result = reserve([{ kind: KIND, row: { ...NEW_ROW, tries } }], now)
    if (!result.allowed) return false
    for (const { row } of result.taken) {
      const values = [notification, JSON.stringify(row.tries), expiresAt(row, KIND)]
      this.sql.exec(
        'INSERT OR REPLACE INTO notices (notice, tries, expires_at) VALUES (?, ?, ?)',
        ...values,
      )
    }
    return true
  }

  dropExpired(now: number): void {
    this.sql.exec('DELETE FROM notices WHERE expires_at <= ?', now)
  }

  erase(): void {
    this.sql.exec('DELETE FROM notices')
  }
}
