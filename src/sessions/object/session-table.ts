/**
 * A table of sessions in a user's object: the browser's, or those of apps. Its rows are read once, when the
 * object wakes, and kept in memory; every write goes to both. `last_used_at` is exact in memory but stored
 * every 15 minutes only, so that a check costs no write.
 */
export const STORE_LAST_USE_EVERY_MS = 15 * 60_000

/** What sessions of both kinds have. */
interface Refreshed {
  readonly expiresAt: number
  lastUsedAt: number
  /** Generation of the newest refresh token that was handed out. */
  generation: number
  rotatedAt: number
}

interface Definition<T, Row> {
  readonly table: 'sessions' | 'app_sessions'
  readonly idColumn: string
  readonly columns: string
  readonly idOf: (session: T) => string
  readonly fromRow: (row: Row) => T
  /** The values of the columns. */
  readonly toValues: (session: T) => (string | number | null)[]
}

export class SessionTable<T extends Refreshed, Row extends Record<string, SqlStorageValue>> {
  readonly #sessions = new Map<string, T>()
  /** When each session's last use was last written. */
  readonly #storedUse = new Map<string, number>()

  constructor(
    protected readonly sql: SqlStorage,
    private readonly definition: Definition<T, Row>,
  ) {
    const { table, columns, fromRow } = definition
    for (const row of sql.exec<Row>(`SELECT ${columns} FROM ${table}`)) this.#remember(fromRow(row))
  }

  #remember(session: T): void {
    const id = this.definition.idOf(session)
    this.#sessions.set(id, session)
    this.#storedUse.set(id, session.lastUsedAt)
  }

  get(id: string): T | undefined {
    return this.#sessions.get(id)
  }

  all(): T[] {
    return [...this.#sessions.values()]
  }

  insert(session: T): void {
    this.#remember(session)
    const { table, columns, toValues } = this.definition
    this.sql.exec(
      `INSERT INTO ${table} (${columns}) VALUES (${placeholders(columns)})`,
      ...toValues(session),
    )
  }

  touch(session: T, now: number): void {
    session.lastUsedAt = now
    const id = this.definition.idOf(session)
    if (Math.abs(now - (this.#storedUse.get(id) ?? 0)) < STORE_LAST_USE_EVERY_MS) return
    this.#storedUse.set(id, now)
    this.update(session, { last_used_at: now })
  }

  /**
   * What a refresh token of a generation is: the newest, or the one before it within the grace period. Anything
   * older is reuse, and what was never handed out is unknown.
   */
  refreshState(
    session: T,
    generation: number,
    graceMs: number,
    now: number,
  ): 'newest' | 'repeated' | 'reused' | 'unknown' {
    if (generation > session.generation) return 'unknown'
    if (generation === session.generation) return 'newest'
    const isRepeated =
      generation === session.generation - 1 && Math.abs(now - session.rotatedAt) <= graceMs
    return isRepeated ? 'repeated' : 'reused'
  }

  /** Uses the newest refresh token up: the next generation is handed out. */
  advance(session: T, now: number): void {
    session.generation += 1
    session.rotatedAt = now
    session.lastUsedAt = now
    this.#storedUse.set(this.definition.idOf(session), now)
    this.update(session, { generation: session.generation, rotated_at: now, last_used_at: now })
  }

  /** Stores these columns of a session. */
  protected update(session: T, values: Record<string, string | number | null>): void {
    const { table, idColumn, idOf } = this.definition
    const set = Object.keys(values).map((column) => `${column} = ?`)
    this.sql.exec(
      `UPDATE ${table} SET ${set.join(', ')} WHERE ${idColumn} = ?`,
      ...Object.values(values),
      idOf(session),
    )
  }

  remove(sessions: readonly T[]): void {
    const { table, idColumn, idOf } = this.definition
    for (const id of sessions.map(idOf)) {
      this.#sessions.delete(id)
      this.#storedUse.delete(id)
      this.sql.exec(`DELETE FROM ${table} WHERE ${idColumn} = ?`, id)
    }
  }

  /** When the next session expires, in milliseconds since the epoch; infinity when there is none. */
  nextExpiry(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.all().map(({ expiresAt }) => expiresAt))
  }

  removeAll(): void {
    this.#sessions.clear()
    this.#storedUse.clear()
    this.sql.exec(`DELETE FROM ${this.definition.table}`)
  }
}

/** The least recently used of these sessions beyond the newest `most`. */
export const leastRecentlyUsed = <T extends Refreshed>(sessions: readonly T[], most: number): T[] =>
  sessions
    .toSorted((a, b) => a.lastUsedAt - b.lastUsedAt)
    .slice(0, Math.max(0, sessions.length - most))

/** As many placeholders as there are columns. */
export const placeholders = (columns: string): string =>
  columns
    .split(',')
    .map(() => '?')
    .join(', ')
