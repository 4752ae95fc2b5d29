/**
 * What node-oidc-provider asks of a store, as its documentation describes an adapter: one table of SQLite, in the
 * server's own process, as JSON. Written to a file, and as durable as WAL is by default.
 */
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import type { Adapter, Payload } from 'oidc-provider'

export function storeIn(file: string) {
  const database = new DatabaseSync(file)
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT NOT NULL, name TEXT NOT NULL);
    CREATE TABLE stored (
      model TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL,
      grant_id TEXT, user_code TEXT, uid TEXT, expires_at INTEGER, consumed INTEGER,
      PRIMARY KEY (model, id)
    ) WITHOUT ROWID;
    CREATE INDEX stored_grant ON stored (grant_id) WHERE grant_id IS NOT NULL;
    CREATE INDEX stored_uid ON stored (uid) WHERE uid IS NOT NULL;
    CREATE INDEX stored_code ON stored (user_code) WHERE user_code IS NOT NULL;`)
  const by = (column: string) =>
    database.prepare(
      `SELECT payload, consumed FROM stored
       WHERE model = ? AND ${column} = ? AND (expires_at IS NULL OR expires_at > unixepoch())`,
    )
  const find = { id: by('id'), uid: by('uid'), user_code: by('user_code') }
  const upsert = database.prepare(
    'INSERT OR REPLACE INTO stored VALUES (?, ?, ?, ?, ?, ?, ?, NULL)',
  )
  const destroy = database.prepare('DELETE FROM stored WHERE model = ? AND id = ?')
  const consume = database.prepare(
    'UPDATE stored SET consumed = unixepoch() WHERE model = ? AND id = ?',
  )
  const revoke = database.prepare('DELETE FROM stored WHERE grant_id = ?')

  class Store implements Adapter {
    readonly #model: string
    constructor(model: string) {
      this.#model = model
    }

    async upsert(id: string, payload: Payload, expiresIn?: number): Promise<void> {
      const expiresAt = expiresIn ? Math.floor(Date.now() / 1000) + expiresIn : null
      const { grantId = null, userCode = null, uid = null } = payload
      upsert.run(this.#model, id, JSON.stringify(payload), grantId, userCode, uid, expiresAt)
    }

    async find(id: string): Promise<Payload | undefined> {
      return payloadOf(find.id.get(this.#model, id))
    }

    async findByUid(uid: string): Promise<Payload | undefined> {
      return payloadOf(find.uid.get(this.#model, uid))
    }

    async findByUserCode(userCode: string): Promise<Payload | undefined> {
      return payloadOf(find.user_code.get(this.#model, userCode))
    }

    async consume(id: string): Promise<void> {
      consume.run(this.#model, id)
    }

    async destroy(id: string): Promise<void> {
      destroy.run(this.#model, id)
    }

    async revokeByGrantId(grantId: string): Promise<void> {
      revoke.run(grantId)
    }
  }
  return { database, Store }
}

const payloadOf = (row: Record<string, SQLOutputValue> | undefined): Payload | undefined =>
  row && {
    ...(JSON.parse(String(row['payload'])) as Payload),
    ...(row['consumed'] !== null && { consumed: Number(row['consumed']) }),
  }
