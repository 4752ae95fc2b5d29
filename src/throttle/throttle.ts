/**
 * Stores attempts for policy.ts, in 4,096 objects that all owners share (shard.ts). It knows no
 * accounts, so it cannot treat an address that has one differently. It stores no address and no IP
 * address, only HMACs of them. A row has the owner (HMAC of address or subject), the kind of budget,
 * the detail (HMAC of address and network, or the purpose of mails), the attempts as a JSON list (ms),
 * when the last right one was, the lockouts that ended, until when the network is known, and when the
 * row expires. The object's own clock decides. Expired rows are deleted by alarm, and all storage with
 * the last row.
 */
import { DurableObject } from 'cloudflare:workers'
import { type ObjectSchema, runSchemaSteps } from '../db/object-schema'
import { type Budget, type BudgetKind, BUDGETS, KNOWN_NETWORK_MS, PURGE_PAUSE_MS } from './budgets'
import { expiresAt, lockedUntil, NEW_ROW, type Outcome, type Row, reserve, settle } from './policy'

/** Names a row of an owner. `detail` is '' if the kind has one row, and for the unknown network. */
export interface Place {
  readonly kind: BudgetKind
  readonly detail: string
}

export type ReservedPlace = Place & { readonly at: number }

/**
 * What was added after the first release is a further argument, which an object of an earlier release
 * ignores instead of failing. During a deploy the Worker may be newer than the object.
 */
export interface More {
  /** Rows of kinds that were added later. */
  readonly also?: readonly Place[]
  /** The detail of the caller's network. If it is known, `share` is used instead of `places`. */
  readonly ifKnown?: { readonly network: string; readonly share: readonly Place[] }
}

type ReserveResult =
  | { readonly allowed: true; readonly places: ReservedPlace[] }
  /** Whole seconds after which an attempt may be allowed. */
  | { readonly allowed: false; readonly retryAfter: number }

const ATTEMPTS = `CREATE TABLE IF NOT EXISTS attempts (
  owner TEXT NOT NULL,
  kind TEXT NOT NULL,
  detail TEXT NOT NULL,
  tries TEXT NOT NULL,
  right_at INTEGER NOT NULL,
  lockouts INTEGER NOT NULL,
  known_until INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (owner, kind, detail)
) STRICT, WITHOUT ROWID`

/** Step 1 only gives a number to objects from before the steps, which have the table. */
export const THROTTLE_SCHEMA: ObjectSchema = { tables: ATTEMPTS, steps: [ATTEMPTS] }

export class Throttle extends DurableObject<Env> {
  #hasSchema = false

  /** Counts one attempt in all its rows or in none, atomically. Writes at most one row for each. */
  async reserve(owner: string, places: Place[], more: More = {}): Promise<ReserveResult> {
    // Must come first: from the first read to the last write nothing may be awaited.
    const alarm = await this.ctx.storage.getAlarm()
    const now = Date.now()
    const { also = [], ifKnown } = more
    const own = ifKnown && this.#isKnown(owner, ifKnown.network, now) ? ifKnown.share : places
    const held = [...own, ...also].map((place) => ({
      ...place,
      row: this.#load(owner, place) ?? NEW_ROW,
    }))
    const result = reserve(held, now)
    if (!result.allowed) {
      return { allowed: false, retryAfter: Math.ceil((result.until - now) / 1000) }
    }
    for (const taken of result.taken) this.#save(owner, taken, taken.row, now)
    if (alarm === null || alarm > now + PURGE_PAUSE_MS) {
      await this.ctx.storage.setAlarm(now + PURGE_PAUSE_MS)
    }
    return {
      allowed: true,
      places: result.taken.map(({ kind, detail, at }) => ({ kind, detail, at })),
    }
  }

  /** Takes an attempt back. Makes no row, so that what has been erased meanwhile stays erased. */
  async settle(owner: string, places: ReservedPlace[], outcome: Outcome): Promise<void> {
    const now = Date.now()
    for (const place of places) {
      const { keepsRight }: Budget = BUDGETS[place.kind]
      if (keepsRight && outcome !== 'void') continue
      const row = this.#load(owner, place)
      if (!row) continue
      const canBeKnown = place.kind === 'network' && place.detail !== ''
      const settled = settle(row, place.at, outcome, canBeKnown ? now + KNOWN_NETWORK_MS : 0)
      this.#save(owner, place, settled, now)
    }
  }

  /** Makes a network known to an owner, after a sign-in with a second factor. */
  async makeKnown(owner: string, network: string): Promise<void> {
    const now = Date.now()
    const place: Place = { kind: 'network', detail: network }
    const row = this.#load(owner, place) ?? NEW_ROW
    this.#save(owner, place, { ...row, knownUntil: now + KNOWN_NETWORK_MS }, now)
    const alarm = await this.ctx.storage.getAlarm()
    if (alarm === null) await this.ctx.storage.setAlarm(now + PURGE_PAUSE_MS)
  }

  /** Until when an owner's passwords are refused on some network, in milliseconds; null if on none. */
  lockedUntil(owner: string): number | null {
    // Reading must not make the table: an object without rows keeps no storage.
    const isMade = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'attempts'"
    if (this.ctx.storage.sql.exec(isMade).toArray().length === 0) return null
    const now = Date.now()
    const until = this.#sql
      .exec<Stored & { kind: BudgetKind }>(
        `SELECT kind, ${ROW_COLUMNS} FROM attempts
         WHERE owner = ? AND kind IN ('network', 'prefix', 'address', 'proof', 'proof_session', 'hash')`,
        owner,
      )
      .toArray()
      .map(({ kind, ...stored }) => lockedUntil(toRow(stored), kind, now))
    return Math.max(0, ...until) || null
  }

  /** Lifts all locks of an owner, but not the budgets of mail. Known networks stay known. */
  async unlock(owner: string): Promise<void> {
    this.#sql.exec(
      `UPDATE attempts SET tries = '[]', lockouts = 0, expires_at = known_until
       WHERE owner = ? AND kind NOT IN ('mail', 'staff_mail')`,
      owner,
    )
    await this.#purge()
  }

  /** Deletes all rows of an owner. */
  async forget(owner: string): Promise<void> {
    this.#sql.exec('DELETE FROM attempts WHERE owner = ?', owner)
    await this.#purge()
  }

  override async alarm(): Promise<void> {
    await this.#purge()
  }

  async #purge(): Promise<void> {
    const now = Date.now()
    this.#sql.exec('DELETE FROM attempts WHERE expires_at <= ?', now)
    const { next } = this.#sql
      .exec<{ next: number | null }>('SELECT min(expires_at) AS next FROM attempts')
      .one()
    if (next !== null) {
      await this.ctx.storage.setAlarm(Math.max(next, now + PURGE_PAUSE_MS))
      return
    }
    this.#hasSchema = false
    await this.ctx.storage.deleteAll()
  }

  /**
   * Not in the constructor: an object that counts nothing keeps no storage. The table goes with the
   * last row, so any method may be the one that makes it.
   */
  get #sql(): SqlStorage {
    if (!this.#hasSchema) runSchemaSteps(this.ctx.storage, THROTTLE_SCHEMA)
    this.#hasSchema = true
    return this.ctx.storage.sql
  }

  #load(owner: string, { kind, detail }: Place): Row | undefined {
    const [stored] = this.#sql
      .exec<Stored>(
        `SELECT ${ROW_COLUMNS} FROM attempts
         WHERE owner = ? AND kind = ? AND detail = ?`,
        owner,
        kind,
        detail,
      )
      .toArray()
    return stored && toRow(stored)
  }

  #isKnown(owner: string, network: string, now: number): boolean {
    const row = network === '' ? undefined : this.#load(owner, { kind: 'network', detail: network })
    return row ? row.knownUntil > now : false
  }

  #save(owner: string, { kind, detail }: Place, row: Row, now: number): void {
    const expires = expiresAt(row, kind)
    if (expires <= now) {
      this.#sql.exec(
        'DELETE FROM attempts WHERE owner = ? AND kind = ? AND detail = ?',
        owner,
        kind,
        detail,
      )
      return
    }
    this.#sql.exec(
      `INSERT OR REPLACE INTO attempts (owner, kind, detail, ${ROW_COLUMNS}, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      owner,
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

type Stored = { tries: string; right_at: number; lockouts: number; known_until: number }

const toRow = ({ tries, right_at, lockouts, known_until }: Stored): Row => ({
  tries: JSON.parse(tries) as number[],
  rightAt: right_at,
  lockouts,
  knownUntil: known_until,
})
