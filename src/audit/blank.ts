import { type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { runBatch, type Statement } from '../db/batch'
import { STATEMENTS_A_RUN } from '../db/meter'

const blanked = sql`SET ip = NULL, country = NULL, user_agent = NULL`
const isThere = sql`(ip IS NOT NULL OR country IS NOT NULL OR user_agent IS NOT NULL)`

/**
 * Blanks the IP address, country and user agent of erased users (an id, or a query of ids): in
 * their actions on themselves and on others, and in events about them that have no actor. What
 * admins left when they acted on these users is kept. Must come after the deletion of the users'
 * rows in the same batch, because the log keeps the IP of users who still exist. Reads only these
 * users' events.
 */
export const blankErased = (ids: number | SQL): Statement[] => [
  sql`UPDATE audit_log INDEXED BY audit_log_target ${blanked}
    WHERE target_id IN (${ids}) AND (actor_id IS NULL OR actor_id = target_id) AND ${isThere}`,
  sql`UPDATE audit_log INDEXED BY audit_log_actor ${blanked}
    WHERE actor_id IN (${ids}) AND actor_id IS NOT target_id AND actor_id IS NOT NULL AND ${isThere}`,
]

/** One address may have tens of thousands. A batch takes this many, the outbox does the rest. */
export const FAILURES_A_BATCH = 2_000

/**
 * Blanks the IP address, country and user agent of failed sign-ins at erased addresses (given as
 * HMACs), and deletes the dead-lettered ones. These events name no user, so an erasure can find
 * them only by address. Takes at most FAILURES_A_BATCH events that happened up to `until`.
 */
export const blankFailedSignIns = (addresses: readonly string[], until: number): Statement[] => [
  sql`UPDATE audit_log ${blanked} WHERE id IN (
    SELECT failed.id FROM json_each(${JSON.stringify(addresses)}) AS typed
    CROSS JOIN audit_log AS failed INDEXED BY audit_log_failed_address
      ON failed.event = 'auth.sign_in_failed' AND failed.data ->> 'address' = typed.value
    WHERE failed.at <= ${until} AND ${isThere} LIMIT ${FAILURES_A_BATCH})`,
  sql`DELETE FROM parked_events
    WHERE CASE WHEN json_valid(message) THEN message ->> '$.data.address' END
      IN (SELECT value FROM json_each(${JSON.stringify(addresses)}))`,
]

/**
 * Blanks batch after batch. Returns false if something is left after this many batches, or after as
 * many statements as an invocation may make.
 */
export async function blankAllFailedSignIns(
  deps: Deps,
  addresses: readonly string[],
  until: number,
  batches = 25,
): Promise<boolean> {
  for (let n = 0; n < batches && deps.meter.statements < STATEMENTS_A_RUN.toGoOn; n++) {
    const [updated] = await runBatch(deps, blankFailedSignIns(addresses, until))
    if ((updated?.meta.changes ?? 0) < FAILURES_A_BATCH) return true
  }
  return false
}
