/**
 * Addresses that users have given up. Failed sign-ins at one name no user, so an erasure finds them by
 * the address alone, and it is kept as long as the log keeps sign-ins. Encrypted, as nothing else needs
 * it.
 */
import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { lock, unlock } from '../crypto/encrypt'
import type { Statement } from '../db/batch'
import type { Precondition } from '../commit/commit'
import { eventId, idsFrom } from '../event-id'
import { inBatches } from '../jobs/in-batches'
import { aadOf } from '../tables/encrypted-column'
import { FORMER_ADDRESS, type formerAddresses } from '../tables/one-time-tokens'
import { DAY_MS } from '../time'

/** An erasure makes several calls for each, so it must not meet any number of them. */
export const KEPT_A_USER = 20

interface Mover {
  readonly id: number
  /** The address that the account has, canonical. */
  readonly emailKey: string
}

/**
 * For the batch that gives the account another address. What is given up must be decided by its
 * preconditions (`hasAddress`). Nothing when the new address is the same in another spelling.
 */
export async function rememberFormer(
  deps: Deps,
  { id, emailKey }: Mover,
  newKey: string,
): Promise<Statement[]> {
  if (newKey === emailKey) return []
  const rowId = eventId(deps.now)
  const locked = await lock(deps.config.DATA_KEYS, aadOf(FORMER_ADDRESS, rowId), emailKey)
  return [
    sql`INSERT INTO former_addresses (id, user_id, address, given_up_at)
      VALUES (${rowId}, ${id}, ${locked}, ${deps.now})`,
    sql`DELETE FROM former_addresses WHERE user_id = ${id} AND id NOT IN (
      SELECT id FROM former_addresses WHERE user_id = ${id} ORDER BY id DESC LIMIT ${KEPT_A_USER})`,
  ]
}

/** The account still has the address that it is about to give up; if not, the caller begins again. */
export const hasAddress = ({ id, emailKey }: Mover): Precondition => ({
  name: 'same_address',
  holds: sql`EXISTS (SELECT 1 FROM users WHERE users.id = ${id} AND users.email_key = ${emailKey})`,
  otherwise: 'unchanged',
})

/** Undefined when the key that it was encrypted under has been dropped. */
export const openFormer = (
  deps: Deps,
  { id, address }: Pick<typeof formerAddresses.$inferSelect, 'id' | 'address'>,
): Promise<string | undefined> =>
  unlock(deps.config.DATA_KEYS, aadOf(FORMER_ADDRESS, id), address).catch(() => undefined)

/** Those that were given up longer ago than the log keeps sign-ins. Returns how many went. */
export function purgeFormerAddresses(deps: Deps): Promise<number> {
  const before = deps.now - deps.config.AUDIT_SIGN_IN_DAYS * DAY_MS
  return inBatches(
    async (limit) => {
      const gone = await deps.db.all(sql`
        DELETE FROM former_addresses WHERE id IN (
          SELECT id FROM former_addresses WHERE id < ${idsFrom(before)} ORDER BY id LIMIT ${limit})
        RETURNING 1`)
      return gone.length
    },
    { size: 1_000, most: 100_000 },
  )
}
