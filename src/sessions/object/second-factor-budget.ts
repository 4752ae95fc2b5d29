/**
 * Attempts at second factors, by the same policy as passwords (throttle/policy.ts): 10 in 15 minutes,
 * then lockouts that double up to a day. A network is known for 30 days after a right factor came from
 * it. Known networks have rows of their own, so that an attacker with the password cannot lock the user
 * out. After 20 wrong factors in a row from unknown networks, the password is blocked there until the
 * user sets another password or turns the second factor off, or an admin unlocks. `from` is an HMAC of
 * the network (throttle/request-origin.ts).
 */
import { type BudgetKind, FACTORS_BEFORE_BLOCK, KNOWN_NETWORK_MS } from '../../throttle/budgets'
import {
  expiresAt,
  failuresInARow,
  lockedUntil,
  NEW_ROW,
  type Outcome,
  type Row,
  reserve,
  settle,
} from '../../throttle/policy'

/** How far the clocks of a Worker and of the object may differ, a request's duration included. */
const CLOCK_LEEWAY_MS = 60_000

type Place = { readonly kind: BudgetKind; readonly detail: string }

export class SecondFactorBudget {
  constructor(private readonly sql: SqlStorage) {}

  /** Counts an attempt. Returns 0, or the milliseconds to wait when the attempt is refused. */
  reserve(from: string, now: number): number {
    const held = this.#placesOf(from, now).map((place) => ({ ...place, row: this.#load(place) }))
    const result = reserve(held, now)
    if (!result.allowed) return result.until - now
    for (const taken of result.taken) this.#save(taken, taken.row, now)
    return 0
  }

  /**
   * Takes the newest attempt of each row back, so that only wrong ones stay counted. `right` also makes
   * the network known and resets the failures in a row. `void` means that no code was compared.
   */
  settle(from: string, outcome: Outcome, now: number): void {
    const isStranger = !this.#isKnown(from, now)
    for (const place of this.#placesOf(from, now)) {
      const row = this.#load(place)
      const at = row.tries.at(-1)
      if (at !== undefined) this.#save(place, settle(row, at, outcome, row.knownUntil), now)
    }
    if (outcome !== 'right') return
    // A right factor from an unknown network is the user on a new network, so the block is lifted.
    if (isStranger) this.#clearState()
    if (from === '') return
    const own: Place = { kind: 'factor_network', detail: from }
    this.#save(own, { ...this.#load(own), knownUntil: now + KNOWN_NETWORK_MS }, now)
  }

  /**
   * Whether the password is blocked on this network, after too many wrong factors from unknown ones.
   * `isNew` is true for the call that starts the block.
   */
  block(from: string, now: number): { isBlocked: boolean; isNew: boolean } {
    const isFull = this.isBlocked || this.#isFull()
    const isNew = isFull && !this.isBlocked
    if (isNew) this.#keepState(now, true)
    return { isBlocked: isFull && !this.#isKnown(from, now), isNew }
  }

  /** Whether the password is blocked on unknown networks. `block` starts that. */
  get isBlocked(): boolean {
    return this.#state().isBlocked
  }

  /**
   * Stops counting failures from before the password was set (milliseconds, by the Worker's clock):
   * those attackers had an earlier password. Does nothing for an instant that it has been given before.
   */
  forgiveBefore(passwordSetAt: number, now: number): void {
    const { since, isBlocked } = this.#state()
    // 20 failures take longer than the leeway, so a block that starts within it came from an earlier
    // password. An instant in the future was stored before the clock was set back.
    if (passwordSetAt < Math.min(since, now) - (isBlocked ? CLOCK_LEEWAY_MS : 0)) return
    const hasStrangers = this.#load({ kind: 'factor', detail: '' }).tries.length > 0
    if (hasStrangers || isBlocked) this.#keepState(passwordSetAt, false)
  }

  /** Until when factors are refused on some network, in milliseconds; null if on none. */
  lockedUntil(now: number): number | null {
    const ends = this.sql
      .exec<StoredRow & { kind: BudgetKind }>(`SELECT kind, ${ROW_COLUMNS} FROM factor_attempts`)
      .toArray()
      .map((stored) => lockedUntil(toRow(stored), stored.kind, now))
    return Math.max(0, ...ends) || null
  }

  /** Deletes all failures, for an admin's unlock. Known networks stay known. */
  unlock(): void {
    this.sql.exec(`
      UPDATE factor_attempts SET tries = '[]', lockouts = 0, expires_at = known_until;
      DELETE FROM factor_attempts WHERE known_until = 0;`)
    this.#clearState()
  }

  dropExpired(now: number): void {
    this.sql.exec('DELETE FROM factor_attempts WHERE expires_at <= ?', now)
  }

  nextExpiry(): number {
    const { at } = this.sql
      .exec<{ at: number | null }>('SELECT min(expires_at) AS at FROM factor_attempts')
      .one()
    return at ?? Number.POSITIVE_INFINITY
  }

  erase(): void {
    this.sql.exec('DELETE FROM factor_attempts; DELETE FROM factor_state;')
  }

  #placesOf(from: string, now: number): Place[] {
    if (!this.#isKnown(from, now)) return [{ kind: 'factor', detail: '' }]
    return [
      { kind: 'factor_network', detail: from },
      { kind: 'factor_known', detail: '' },
    ]
  }

  #isKnown(network: string, now: number): boolean {
    if (network === '') return false
    return this.#load({ kind: 'factor_network', detail: network }).knownUntil > now
  }

  #isFull(): boolean {
    const row = this.#load({ kind: 'factor', detail: '' })
    return failuresInARow(row, this.#state().since) >= FACTORS_BEFORE_BLOCK
  }

  /** Failures before `since` do not count: when the password was set or, if blocked, the block began. */
  #state(): { since: number; isBlocked: boolean } {
    const [state] = this.sql
      .exec<{ counted_since: number; is_blocked: number }>(
        'SELECT counted_since, is_blocked FROM factor_state',
      )
      .toArray()
    return { since: state?.counted_since ?? 0, isBlocked: state?.is_blocked === 1 }
  }

  #keepState(since: number, isBlocked: boolean): void {
    this.sql.exec(
      'INSERT OR REPLACE INTO factor_state (one, counted_since, is_blocked) VALUES (1, ?, ?)',
      since,
      isBlocked ? 1 : 0,
    )
  }

  #clearState(): void {
    this.sql.exec('DELETE FROM factor_state')
  }

  #load({ kind, detail }: Place): Row {
    const [stored] = this.sql
      .exec<StoredRow>(
        `SELECT ${ROW_COLUMNS} FROM factor_attempts WHERE kind = ? AND detail = ?`,
        kind,
        detail,
      )
      .toArray()
    return stored ? toRow(stored) : NEW_ROW
  }

  #save({ kind, detail }: Place, row: Row, now: number): void {
    const expires = expiresAt(row, kind)
    if (expires <= now) {
      this.sql.exec('DELETE FROM factor_attempts WHERE kind = ? AND detail = ?', kind, detail)
      return
    }
    this.sql.exec(
      `INSERT OR REPLACE INTO factor_attempts (kind, detail, ${ROW_COLUMNS}, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      kind,
      detail,
      JSON.stringify(row.tries),
      row.rightAt,
      row.lockouts,
      row.knownUntil,
      expires,
    )
  }
}

const ROW_COLUMNS = 'tries, right_at, lockouts, known_until'

type StoredRow = { tries: string; right_at: number; lockouts: number; known_until: number }

const toRow = (stored: StoredRow): Row => ({
  tries: JSON.parse(stored.tries) as number[],
  rightAt: stored.right_at,
  lockouts: stored.lockouts,
  knownUntil: stored.known_until,
})
