import { type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { encrypt, decrypt } from '../crypto/encrypt'
import { aadOf, type EncryptedColumn, storedValue } from '../tables/encrypted-column'
import { ENCRYPTED_COLUMNS } from '../tables/encrypted-columns'

const ROWS_A_ROUND = 500
const ROUNDS = 10

type Value = { id: string; old: string }
type Counts = { moved: number; unreadable: number }

/**
 * Re-encrypts columns with the newest entry of DATA_KEYS, up to 5,000 values of each per run, until
 * none uses an older one (the job `count_keys` shows how many do). A value is replaced only if it
 * is still the one that was read. A value that cannot be decrypted is counted and left as it is.
 */
export async function reEncrypt(deps: Deps): Promise<Counts> {
  const counts = { moved: 0, unreadable: 0 }
  for (const column of ENCRYPTED_COLUMNS) {
    for (let round = 0; round < ROUNDS; round++) {
      const { read, moved, unreadable } = await moveSome(deps, column)
      counts.moved += moved
      if (read < ROWS_A_ROUND || moved === 0) {
        counts.unreadable += unreadable
        break
      }
    }
  }
  return counts
}

/** Makes two statements, however many values: an invocation may make 1,000. */
async function moveSome(
  deps: Deps,
  encrypted: EncryptedColumn,
): Promise<Counts & { read: number }> {
  const { DATA_KEYS } = deps.config
  const newest = DATA_KEYS.ids[0]
  const table = sql.raw(encrypted.table)
  const rowKey = sql.raw(encrypted.rowKey)
  const value = storedValue(encrypted)
  // As ranges on both sides of the newest key's values, which an index can answer: `/` follows `.`
  // in ASCII.
  const rows = await deps.db.all<Value>(sql`
    SELECT ${rowKey} AS id, ${value} AS old FROM ${table}
    WHERE ${value} IS NOT NULL AND (${value} < ${`${newest}.`} OR ${value} >= ${`${newest}/`})
    LIMIT ${ROWS_A_ROUND}`)
  const fresh: (Value & { fresh: string })[] = []
  for (const { id, old } of rows) {
    const aad = aadOf(encrypted, id)
    const plain = await decrypt(DATA_KEYS, aad, old).catch(() => undefined)
    if (plain !== undefined) fresh.push({ id, old, fresh: await encrypt(DATA_KEYS, aad, plain) })
  }
  if (fresh.length > 0) {
    await deps.db.run(sql`
      UPDATE ${table} SET ${sql.raw(encrypted.column)} = ${replaced(encrypted, sql`made.value ->> 'fresh'`)}
      FROM json_each(${JSON.stringify(fresh)}) AS made
      WHERE ${table}.${rowKey} = made.value ->> 'id' AND ${value} = made.value ->> 'old'`)
  }
  return { read: rows.length, moved: fresh.length, unreadable: rows.length - fresh.length }
}

/** The column with another value in it. */
const replaced = ({ table, column, jsonPath }: EncryptedColumn, value: SQL): SQL =>
  jsonPath === undefined
    ? value
    : sql`json_set(${sql.raw(`${table}.${column}`)}, ${jsonPath}, ${value})`
