import { sql } from 'drizzle-orm'
import type { Statement } from '../db/batch'

const blanked = sql`SET ip = NULL, country = NULL, user_agent = NULL`
const isThere = sql`(ip IS NOT NULL OR country IS NOT NULL OR user_agent IS NOT NULL)`

/**
 * Blanks from where an erased user acted, in what he did to himself and to others and in what nobody
 * in particular did to him; admins' own traces stay. To stand behind the deletion of his row in the
 * same batch, for the log lets nobody's circumstances go who still exists. Reads his events alone.
 */
export const blankErased = (userId: number): Statement[] => [
  sql`UPDATE audit_log INDEXED BY audit_log_target ${blanked}
    WHERE target_id = ${userId} AND (actor_id IS NULL OR actor_id = ${userId}) AND ${isThere}`,
  sql`UPDATE audit_log INDEXED BY audit_log_actor ${blanked}
    WHERE actor_id = ${userId} AND actor_id IS NOT target_id AND actor_id IS NOT NULL AND ${isThere}`,
]
