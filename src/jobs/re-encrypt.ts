import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { lock, type Place, unlock } from '../crypto/encrypt'

const ROWS_A_ROUND = 500
const ROUNDS = 10

/** Every encrypted column, and the column that names the row in what the encryption is bound to. */
const ENCRYPTED = [
  ['users', 'two_factor_secret', 'subject'],
  ['users', 'two_factor_pending_secret', 'subject'],
  ['signing_keys', 'private_key', 'kid'],
  ['webhooks', 'secret', 'id'],
  ['webhooks', 'previous_secret', 'id'],
  ['former_addresses', 'address', 'id'],
] as const

type Value = { id: string; old: string }
type Counts = { moved: number; unreadable: number }

/**
 * Moves encrypted columns to the newest entry of DATA_KEYS, up to 5,000 values of each a run, until none
 * is left on an older one (the job `count_keys` says how many are). A value is replaced only if it is
 * still the one that was read. One that cannot be opened is counted and left alone.
 */
export async function reEncrypt(deps: Deps): Promise<Counts> {
  const counts = { moved: 0, unreadable: 0 }
  for (const names of ENCRYPTED) {
    for (let round = 0; round < ROUNDS; round++) {
      const { read, moved, unreadable } = await moveSome(deps, names)
      counts.moved += moved
      if (read < ROWS_A_ROUND || moved === 0) {
        counts.unreadable += unreadable
        break
      }
    }
  }
  return counts
}

/** Two statements, however many values: an invocation may make 1,000. */
async function moveSome(
  deps: Deps,
  names: (typeof ENCRYPTED)[number],
): Promise<Counts & { read: number }> {
  const { DATA_KEYS } = deps.config
  const newest = DATA_KEYS.ids[0]
  const [table, column, key] = names.map((name) => sql.raw(name))
  // As ranges around the newest key's own, which an index answers: `/` comes behind `.`.
  const rows = await deps.db.all<Value>(sql`
    SELECT ${key} AS id, ${column} AS old FROM ${table}
    WHERE ${column} IS NOT NULL AND (${column} < ${`${newest}.`} OR ${column} >= ${`${newest}/`})
    LIMIT ${ROWS_A_ROUND}`)
  const fresh: (Value & { fresh: string })[] = []
  for (const { id, old } of rows) {
    const place: Place = `${names[0]}.${names[1]}/${id}`
    const plain = await unlock(DATA_KEYS, place, old).catch(() => undefined)
    if (plain !== undefined) fresh.push({ id, old, fresh: await lock(DATA_KEYS, place, plain) })
  }
  if (fresh.length > 0) {
    await deps.db.run(sql`
      UPDATE ${table} SET ${column} = made.value ->> 'fresh'
      FROM json_each(${JSON.stringify(fresh)}) AS made
      WHERE ${table}.${key} = made.value ->> 'id' AND ${table}.${column} = made.value ->> 'old'`)
  }
  return { read: rows.length, moved: fresh.length, unreadable: rows.length - fresh.length }
}
