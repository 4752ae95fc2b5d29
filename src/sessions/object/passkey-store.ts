/**
 * What the user's object keeps of passkeys: the sign counter, the last use, and which ones were removed.
 * D1 holds the keys. A removed passkey stays removed, even if D1 is restored to a time before. Challenges
 * are not stored when they are made (they are signed tokens), but when they are spent, until they expire.
 */
import type { PasskeyRefusal, PasskeyUse, PresentedPasskey } from '../session-types'

export class PasskeyStore {
  constructor(private readonly sql: SqlStorage) {}

  /**
   * Uses a passkey: spends the challenge, and raises the counter, which never falls. A counter that did
   * not rise refuses a device-bound passkey, unless `mayBeCopied` (W3C WebAuthn Level 3, section 7.2,
   * step 22: what to do is up to us). Synced passkeys always send 0. Returns what refuses it, or
   * undefined; `isCopied` tells of a counter that did not rise although the use was accepted.
   */
  use(
    presented: PresentedPasskey,
    mayBeCopied: boolean,
    now: number,
  ): { refusal?: PasskeyRefusal; isCopied: boolean } {
    const { id, signCount, firstSignCount, isSyncable, isBackedUp } = presented
    const row = this.#find(id)
    if (row?.removed_at) return { refusal: 'removed', isCopied: false }
    const counter = row?.counter ?? firstSignCount
    const isRisen = signCount > counter || (signCount === 0 && counter === 0)
    const isCopied = !isRisen && !isSyncable
    // The challenge is spent in either case, so that one copy of a response is reported once.
    if (!this.#spend(presented, now)) return { refusal: 'spent', isCopied: false }
    if (isCopied && !mayBeCopied) return { refusal: 'copied', isCopied }
    this.sql.exec(
      `INSERT OR REPLACE INTO passkeys (id, counter, last_used_at, is_backed_up, removed_at)
       VALUES (?, ?, ?, ?, NULL)`,
      id,
      Math.max(counter, signCount),
      now,
      isBackedUp ? 1 : 0,
    )
    return { isCopied }
  }

  /** Stores that a challenge was used; false if it was used before or has expired. */
  #spend({ challenge, challengeExpiresAt }: PresentedPasskey, now: number): boolean {
    if (challengeExpiresAt <= now) return false
    const { rowsWritten } = this.sql.exec(
      'INSERT OR IGNORE INTO spent_challenges (challenge, expires_at) VALUES (?, ?)',
      challenge,
      challengeExpiresAt,
    )
    return rowsWritten > 0
  }

  isRemoved(id: string): boolean {
    return this.#find(id)?.removed_at != null
  }

  /** Remembers that passkeys were removed. */
  remove(ids: readonly string[], now: number): void {
    for (const id of ids) {
      this.sql.exec(
        `INSERT INTO passkeys (id, counter, is_backed_up, removed_at) VALUES (?1, 0, 0, ?2)
          ON CONFLICT (id) DO UPDATE SET removed_at = ?2`,
        id,
        now,
      )
    }
  }

  all(): PasskeyUse[] {
    return this.sql
      .exec<PasskeyRow>('SELECT id, counter, last_used_at, is_backed_up, removed_at FROM passkeys')
      .toArray()
      .map((row) => ({
        id: row.id,
        lastUsedAt: row.last_used_at,
        isBackedUp: row.is_backed_up === 1,
        isRemoved: row.removed_at !== null,
      }))
  }

  dropExpired(now: number): void {
    this.sql.exec('DELETE FROM spent_challenges WHERE expires_at <= ?', now)
  }

  /** When the next challenge expires, in milliseconds since the epoch; infinity when there is none. */
  nextExpiry(): number {
    const { at } = this.sql
      .exec<{ at: number | null }>('SELECT min(expires_at) AS at FROM spent_challenges')
      .one()
    return at ?? Number.POSITIVE_INFINITY
  }

  erase(): void {
    this.sql.exec('DELETE FROM passkeys; DELETE FROM spent_challenges;')
  }

  #find(id: string): PasskeyRow | undefined {
    return this.sql
      .exec<PasskeyRow>(
        'SELECT id, counter, last_used_at, is_backed_up, removed_at FROM passkeys WHERE id = ?',
        id,
      )
      .toArray()[0]
  }
}

type PasskeyRow = {
  id: string
  counter: number
  last_used_at: number | null
  is_backed_up: number
  removed_at: number | null
}
