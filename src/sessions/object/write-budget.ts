/**
 * Limits how much one user writes, as each change and each audited read leaves an audit row for 400
 * days. Counted in the `check` that every request makes, so it costs no further call. Each session has
 * a budget of its own, so that a stolen session cannot use up the user's. Counts are kept in memory and
 * stored with every tenth write, so an object that is evicted in between loses at most nine.
 */
import type { WriteKind } from '../../context'
import type { BudgetKind } from '../../throttle/budgets'
import { expiresAt, NEW_ROW, type Row, reserve } from '../../throttle/policy'

const STORE_EVERY = 10

const KINDS = {
  own: ['session_writes', 'session_writes_day', 'user_writes'],
  staff: ['staff_writes'],
} as const satisfies Record<WriteKind, readonly BudgetKind[]>

interface Place {
  readonly kind: BudgetKind
  /** A fragment of the session's id that tells it from the user's others; '' for all sessions. */
  readonly detail: string
}

export class WriteBudget {
  readonly #rows = new Map<string, Row>()
  #sinceStored = 0
  /** Keys of the rows that have changed since they were last stored. */
  readonly #unstored = new Set<string>()

  constructor(private readonly sql: SqlStorage) {
    for (const { kind, detail, tries } of sql.exec<StoredRow>(
      'SELECT kind, detail, tries FROM writes',
    )) {
      this.#rows.set(keyOf({ kind, detail }), { ...NEW_ROW, tries: JSON.parse(tries) as number[] })
    }
  }

  /** Counts a write. Returns 0, or the seconds to wait when it is refused. */
  count(sid: string, write: WriteKind, now: number): number {
    const held = KINDS[write].map((kind) => {
      const place: Place = { kind, detail: kind === 'user_writes' ? '' : sid.slice(-8) }
      return { ...place, row: this.#rows.get(keyOf(place)) ?? NEW_ROW }
    })
    const result = reserve(held, now)
    if (!result.allowed) return Math.ceil((result.until - now) / 1000)
    for (const { row, ...place } of result.taken) {
      this.#rows.set(keyOf(place), row)
      this.#unstored.add(keyOf(place))
    }
    this.#sinceStored += 1
    if (this.#sinceStored >= STORE_EVERY) this.#storeChanged()
    return 0
  }

  dropExpired(now: number): void {
    for (const [key, row] of this.#rows) {
      if (expiresAt(row, placeOf(key).kind) <= now) this.#rows.delete(key)
    }
    this.sql.exec('DELETE FROM writes WHERE expires_at <= ?', now)
  }

  erase(): void {
    this.#rows.clear()
    this.#unstored.clear()
    this.sql.exec('DELETE FROM writes')
  }

  /**
   * Stores the rows of all sessions. If only the tenth writer's were, two that alternate would lose
   * one's.
   */
  #storeChanged(): void {
    for (const key of this.#unstored) {
      const row = this.#rows.get(key)
      if (row) this.#store({ ...placeOf(key), row })
    }
    this.#unstored.clear()
    this.#sinceStored = 0
  }

  #store({ kind, detail, row }: Place & { row: Row }): void {
    this.sql.exec(
      'INSERT OR REPLACE INTO writes (kind, detail, tries, expires_at) VALUES (?, ?, ?, ?)',
      kind,
      detail,
      JSON.stringify(row.tries),
      expiresAt(row, kind),
    )
  }
}

type StoredRow = { kind: BudgetKind; detail: string; tries: string }

const keyOf = ({ kind, detail }: Place): string => `${kind} ${detail}`

function placeOf(key: string): Place {
  const [kind, detail = ''] = key.split(' ')
  return { kind: kind as BudgetKind, detail }
}
