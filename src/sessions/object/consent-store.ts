/**
 * The table `consents` of a user's object: what the user allowed which app. It counts only while the app's
 * metadata are those that the user saw.
 */
import { STORE_LAST_USE_EVERY_MS } from './session-table'

/** Beyond it the least recently used are forgotten: the user is asked again. */
const MAX_CONSENTS = 200

export interface Consent {
  readonly clientId: string
  /** Words of sessions/consented.ts. */
  readonly allowed: readonly string[]
  readonly metadataHash: string
  readonly since: number
  readonly lastUsedAt: number
}

export class ConsentStore {
  constructor(private readonly sql: SqlStorage) {}

  all(): Consent[] {
    return this.sql.exec<ConsentRow>(`SELECT ${COLUMNS} FROM consents`).toArray().map(consentOf)
  }

  /** What the user allowed an app with these metadata. */
  find(clientId: string, metadataHash: string): Consent | undefined {
    const [row] = this.sql
      .exec<ConsentRow>(
        `SELECT ${COLUMNS} FROM consents WHERE client_id = ? AND metadata_hash = ?`,
        clientId,
        metadataHash,
      )
      .toArray()
    return row && consentOf(row)
  }

  /** Adds to what the user allowed the app, or begins again if its metadata have changed. */
  give(clientId: string, allowed: readonly string[], metadataHash: string, now: number): void {
    const known = this.find(clientId, metadataHash)
    const all = [...new Set([...(known?.allowed ?? []), ...allowed])]
    this.sql.exec(
      `DELETE FROM consents WHERE client_id IN (SELECT client_id FROM consents WHERE client_id <> ?
        ORDER BY last_used_at DESC LIMIT -1 OFFSET ?)`,
      clientId,
      MAX_CONSENTS - 1,
    )
    this.sql.exec(
      `INSERT OR REPLACE INTO consents (${COLUMNS}) VALUES (?, ?, ?, ?, ?)`,
      clientId,
      all.join(' '),
      metadataHash,
      known?.since ?? now,
      now,
    )
  }

  touch({ clientId, lastUsedAt }: Consent, now: number): void {
    if (Math.abs(now - lastUsedAt) < STORE_LAST_USE_EVERY_MS) return
    this.sql.exec('UPDATE consents SET last_used_at = ? WHERE client_id = ?', now, clientId)
  }

  /** Returns whether there was one. */
  remove(clientId: string): boolean {
    return this.sql.exec('DELETE FROM consents WHERE client_id = ?', clientId).rowsWritten > 0
  }

  erase(): void {
    this.sql.exec('DELETE FROM consents')
  }
}

const COLUMNS = 'client_id, allowed, metadata_hash, since, last_used_at'

type ConsentRow = {
  client_id: string
  allowed: string
  metadata_hash: string
  since: number
  last_used_at: number
}

const consentOf = (row: ConsentRow): Consent => ({
  clientId: row.client_id,
  // Neither scopes nor identifiers contain spaces.
  allowed: row.allowed === '' ? [] : row.allowed.split(' '),
  metadataHash: row.metadata_hash,
  since: row.since,
  lastUsedAt: row.last_used_at,
})
