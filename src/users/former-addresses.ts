/**
 * Users' previous email addresses. Failed sign-ins are logged by address and not by user, so an
 * erasure needs the previous addresses to find them. They are kept as long as the log keeps
 * sign-ins, and encrypted because nothing else needs them.
 */
import { sql } from 'drizzle-orm'
import type { Precondition } from '../commit/commit'
import type { Deps } from '../context'
import { encrypt, decrypt } from '../crypto/encrypt'
import type { Statement } from '../db/batch'
import { eventId, idsFrom } from '../event-id'
import { inBatches } from '../jobs/in-batches'
import { aadOf } from '../tables/encrypted-column'
import { FORMER_ADDRESS, type formerAddresses } from '../tables/one-time-tokens'
import { DAY_MS } from '../time'

/** Addresses kept for a user. An erasure makes several calls for each, so the number is limited. */
export const KEPT_A_USER = 20

interface Mover {
  readonly id: number
  /** The account's current address in the form used for comparison. */
  readonly emailKey: string
}

/**
 * Records the address that a change replaces, in the batch of the change. That batch must have a
 * precondition that the account still has the address (`hasAddress`). Returns no statements if the
 * new address is only another spelling of the same.
 */
export async function rememberFormer(
  deps: Deps,
  { id, emailKey }: Mover,
  newKey: string,
): Promise<Statement[]> {
  if (newKey === emailKey) return []
  const rowId = eventId(deps.now)
  const locked = await encrypt(deps.config.DATA_KEYS, aadOf(FORMER_ADDRESS, rowId), emailKey)
  return [
    sql`INSERT INTO former_addresses (id, user_id, address, given_up_at)
      VALUES (${rowId}, ${id}, ${locked}, ${deps.now})`,
    sql`DELETE FROM former_addresses WHERE user_id = ${id} AND id NOT IN (
      SELECT id FROM former_addresses WHERE user_id = ${id} ORDER BY id DESC LIMIT ${KEPT_A_USER})`,
  ]
}

/** Precondition: the account still has the address to be replaced. If not, the caller starts over. */
export const hasAddress = ({ id, emailKey }: Mover): Precondition => ({
  name: 'same_address',
  holds: sql`EXISTS (SELECT 1 FROM users WHERE users.id = ${id} AND users.email_key = ${emailKey})`,
  otherwise: 'unchanged',
})

/** The decrypted address; undefined if its key has been dropped. */
export const openFormer = (
  deps: Deps,
  { id, address }: Pick<typeof formerAddresses.$inferSelect, 'id' | 'address'>,
): Promise<string | undefined> =>
  decrypt(deps.config.DATA_KEYS, aadOf(FORMER_ADDRESS, id), address).catch(() => undefined)

/** Deletes addresses replaced longer ago than the log keeps sign-ins. Returns how many. */
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
