import { type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { runBatch, type Statement } from '../db/batch'
import { STATEMENTS_A_RUN } from '../db/meter'

const blanked = sql`SET ip = NULL, country = NULL, user_agent = NULL`
const isThere = sql`(ip IS NOT NULL OR country IS NOT NULL OR user_agent IS NOT NULL)`

/**
 * Blanks from where erased users acted (an id, or a query of ids), in what they did to themselves and
 * to others and in what nobody in particular did to them; admins' own traces stay. Must come after the
 * deletion of their rows in the same batch, for the log keeps the IP of users who still exist. Reads
 * their events alone.
 */
export const blankErased = (ids: number | SQL): Statement[] => [
  sql`UPDATE audit_log INDEXED BY audit_log_target ${blanked}
    WHERE target_id IN (${ids}) AND (actor_id IS NULL OR actor_id = target_id) AND ${isThere}`,
  sql`UPDATE audit_log INDEXED BY audit_log_actor ${blanked}
    WHERE actor_id IN (${ids}) AND actor_id IS NOT target_id AND actor_id IS NOT NULL AND ${isThere}`,
]

/** Of one address there may be tens of thousands: a batch takes so many, the outbox the rest. */
export const FAILURES_A_BATCH = 2_000

/**
 * Blanks from where sign-ins at erased addresses failed (their HMACs), and drops those that could not
 * be written to the log: these events name no user, so an erasure finds them by address alone. Takes
 * at most FAILURES_A_BATCH of what happened up to now.
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

/** Batch after batch; false when something is left after so many, or after what an invocation may ask. */
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
