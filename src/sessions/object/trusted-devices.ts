/**
 * Browsers that the user trusts: at sign-in they need no second step. Each holds a token of a generation,
 * and each use gives it the next. For a short time the token just replaced is taken again, for the same
 * successor: its answer may have been lost, or the form sent twice. Any other token of an earlier generation was
 * copied: the trust ends. Any change of credentials ends the trust of all. Step-up is never skipped.
 */
import { randomId } from '../../crypto/encoding'
import type { Device, DeviceTrust, PresentedDevice, TrustedDevice } from '../session-types'

const MAX_TRUSTED = 20
/** Clocks of two hosts differ by less. A larger difference means that the clock was set back. */
const CLOCK_LEEWAY_MS = 60_000

/** What trust in a browser is given by. */
export interface NewTrust {
  readonly credentialVersion: number
  /** The passkey that was the second step, if it was one. Its removal ends the trust. */
  readonly passkeyId: string | null
  readonly expiresAt: number
}

type Use =
  | { status: 'trusted'; trust: DeviceTrust; passkeyId: string | null }
  | { status: 'reused' }
  /** Unknown, expired, or of earlier credentials. */
  | { status: 'unknown' }

export class TrustedDevices {
  constructor(private readonly sql: SqlStorage) {}

  /** Trusts a browser. Returns its trust, and the ids of the oldest beyond the limit, which end. */
  add(
    device: Device,
    { credentialVersion, passkeyId, expiresAt }: NewTrust,
    now: number,
  ): { trust: DeviceTrust; dropped: string[] } {
    const dropped = this.sql
      .exec<{ id: string }>(
        'SELECT id FROM trusted_devices ORDER BY last_used_at DESC LIMIT -1 OFFSET ?',
        MAX_TRUSTED - 1,
      )
      .toArray()
      .map(({ id }) => id)
    this.#remove(dropped)
    const id = randomId()
    this.sql.exec(
      `INSERT INTO trusted_devices (id, created_at, last_used_at, expires_at, generation,
        rotated_at, credential_version, ip, country, user_agent, passkey_id)
       VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)`,
      id,
      now,
      now,
      expiresAt,
      now,
      credentialVersion,
      device.ip,
      device.country,
      device.userAgent,
      passkeyId,
    )
    return { trust: { id, generation: 0, expiresAt }, dropped }
  }

  /** Uses the token of a generation, which the next one replaces. A reused one ends the trust. */
  use(
    { id, generation, graceMs, request: { device } }: PresentedDevice,
    credentialVersion: number,
    now: number,
  ): Use {
    this.#bringBack(now)
    const row = this.#find(id)
    if (!row || row.expires_at <= now || row.credential_version !== credentialVersion) {
      return { status: 'unknown' }
    }
    const trusted = (current: number): Use => ({
      status: 'trusted',
      passkeyId: row.passkey_id,
      trust: { id, generation: current, expiresAt: row.expires_at },
    })
    const isRepeated =
      generation === row.generation - 1 && Math.abs(now - row.rotated_at) <= graceMs
    if (isRepeated) return trusted(row.generation)
    if (row.generation !== generation) {
      this.#remove([id])
      return { status: 'reused' }
    }
    const next = generation + 1
    this.sql.exec(
      `UPDATE trusted_devices SET generation = ?, rotated_at = ?, last_used_at = ?, ip = ?,
        country = ?, user_agent = ? WHERE id = ?`,
      next,
      now,
      now,
      device.ip,
      device.country,
      device.userAgent,
      id,
    )
    return trusted(next)
  }

  /** Those that are still trusted, the most recently used first. */
  list(credentialVersion: number, now: number): TrustedDevice[] {
    this.#bringBack(now)
    return this.sql
      .exec<TrustedRow>(
        `SELECT ${COLUMNS} FROM trusted_devices WHERE expires_at > ? AND credential_version = ?
         ORDER BY last_used_at DESC`,
        now,
        credentialVersion,
      )
      .toArray()
      .map((row) => ({
        id: row.id,
        name: row.name,
        createdAt: row.created_at,
        lastUsedAt: row.last_used_at,
        expiresAt: row.expires_at,
        ip: row.ip,
        country: row.country,
        userAgent: row.user_agent,
      }))
  }

  rename(id: string, name: string | null): boolean {
    const { rowsWritten } = this.sql.exec(
      'UPDATE trusted_devices SET name = ? WHERE id = ?',
      name,
      id,
    )
    return rowsWritten > 0
  }

  /** Ends the trust of one browser, or of all (null). Returns the ids that were trusted. */
  end(id: string | null): string[] {
    return this.#endWhere('?1 IS NULL OR id = ?1', id)
  }

  /** Ends the trust that was given up to an instant (ms), or while the clock was ahead. Returns the ids. */
  endGiven(until: number, now: number): string[] {
    return this.#endWhere('created_at <= ? OR created_at > ?', until, now)
  }

  /** Ends the trust that was given under other credentials. Returns the ids. */
  endOlder(credentialVersion: number): string[] {
    return this.#endWhere('credential_version <> ?', credentialVersion)
  }

  /** Ends the trust that these passkeys gave. Returns the ids. */
  endOf(passkeyIds: readonly string[]): string[] {
    return this.#endWhere(
      'passkey_id IN (SELECT value FROM json_each(?))',
      JSON.stringify(passkeyIds),
    )
  }

  dropExpired(now: number): void {
    this.sql.exec('DELETE FROM trusted_devices WHERE expires_at <= ?', now)
  }

  /** When the next trust expires, in milliseconds since the epoch; infinity when there is none. */
  nextExpiry(): number {
    const { at } = this.sql
      .exec<{ at: number | null }>('SELECT min(expires_at) AS at FROM trusted_devices')
      .one()
    return at ?? Number.POSITIVE_INFINITY
  }

  erase(): void {
    this.sql.exec('DELETE FROM trusted_devices')
  }

  /** Trust that was given while the clock was ahead begins now: it must not last for longer than told. */
  #bringBack(now: number): void {
    this.sql.exec(
      `UPDATE trusted_devices SET created_at = ?1, expires_at = ?1 + expires_at - created_at,
        last_used_at = min(last_used_at, ?1) WHERE created_at > ?2`,
      now,
      now + CLOCK_LEEWAY_MS,
    )
  }

  #endWhere(condition: string, ...given: (string | number | null)[]): string[] {
    const ids = this.sql
      .exec<{ id: string }>(`SELECT id FROM trusted_devices WHERE ${condition}`, ...given)
      .toArray()
      .map((row) => row.id)
    this.#remove(ids)
    return ids
  }

  #remove(ids: readonly string[]): void {
    for (const id of ids) this.sql.exec('DELETE FROM trusted_devices WHERE id = ?', id)
  }

  #find(id: string): TrustedRow | undefined {
    return this.sql
      .exec<TrustedRow>(`SELECT ${COLUMNS} FROM trusted_devices WHERE id = ?`, id)
      .toArray()[0]
  }
}

const COLUMNS =
  'id, name, created_at, last_used_at, expires_at, generation, rotated_at, credential_version, ip, country, user_agent, passkey_id'

type TrustedRow = {
  id: string
  name: string | null
  created_at: number
  last_used_at: number
  expires_at: number
  generation: number
  rotated_at: number
  credential_version: number
  ip: string | null
  country: string | null
  user_agent: string | null
  passkey_id: string | null
}
