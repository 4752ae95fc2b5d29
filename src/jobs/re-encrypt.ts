import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { lock, type Place, unlock } from '../crypto/secret-box'

const ROWS_A_COLUMN = 500

/** Every encrypted column, and the column that names the row in what the encryption is bound to. */
const ENCRYPTED = [
  ['users', 'two_factor_secret', 'subject'],
  ['users', 'two_factor_pending_secret', 'subject'],
  ['signing_keys', 'private_key', 'kid'],
  ['webhooks', 'secret', 'id'],
  ['webhooks', 'previous_secret', 'id'],
] as const

/**
 * Moves encrypted columns to the newest entry of DATA_KEYS, some hundred rows a run, until none is
 * left on an older one (the key census says so). Each value is replaced only if it is still the one
 * that was read. A value that cannot be opened is counted and left alone.
 */
export async function reEncrypt(deps: Deps): Promise<{ moved: number; unreadable: number }> {
  const { DATA_KEYS } = deps.config
  const newest = DATA_KEYS.ids[0]
  const counts = { moved: 0, unreadable: 0 }
  for (const names of ENCRYPTED) {
    const [table, column, key] = names.map((name) => sql.raw(name))
    // As ranges around the newest key's own, which an index answers: `/` comes behind `.`.
    const rows = await deps.db.all<{ id: string; old: string }>(sql`
      SELECT ${key} AS id, ${column} AS old FROM ${table}
      WHERE ${column} IS NOT NULL AND (${column} < ${`${newest}.`} OR ${column} >= ${`${newest}/`})
      LIMIT ${ROWS_A_COLUMN}`)
    for (const { id, old } of rows) {
      const place: Place = `${names[0]}.${names[1]}/${id}`
      const plain = await unlock(DATA_KEYS, place, old).catch(() => undefined)
      if (plain === undefined) {
        counts.unreadable += 1
        continue
      }
      const fresh = await lock(DATA_KEYS, place, plain)
      await deps.db.run(
        sql`UPDATE ${table} SET ${column} = ${fresh} WHERE ${key} = ${id} AND ${column} = ${old}`,
      )
      counts.moved += 1
    }
  }
  return counts
}
