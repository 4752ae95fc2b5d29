import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../db/batch'

const blanked = sql`SET ip = NULL, country = NULL, user_agent = NULL`
const isThere = sql`(ip IS NOT NULL OR country IS NOT NULL OR user_agent IS NOT NULL)`

/**
 * Blanks from where erased users acted (an id, or a query of ids), in what they did to themselves and
 * to others and in what nobody in particular did to them; admins' own traces stay. To stand behind the
 * deletion of their rows in the same batch, for the log lets nobody's circumstances go who still
 * exists. Reads their events alone.
 */
export const blankErased = (ids: number | SQL): Statement[] => [
  sql`UPDATE audit_log INDEXED BY audit_log_target ${blanked}
    WHERE target_id IN (${ids}) AND (actor_id IS NULL OR actor_id = target_id) AND ${isThere}`,
  sql`UPDATE audit_log INDEXED BY audit_log_actor ${blanked}
    WHERE actor_id IN (${ids}) AND actor_id IS NOT target_id AND actor_id IS NOT NULL AND ${isThere}`,
]
