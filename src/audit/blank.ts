import { sql } from 'drizzle-orm'
import type { Statement } from '../db/batch'

/** Blanks where an erased user was seen from; belongs behind his deletion, in the same batch. */
export const blankErased = (userId: number): Statement[] => [
  sql`UPDATE audit_log SET ip = NULL, country = NULL, user_agent = NULL WHERE target_id = ${userId}`,
  sql`UPDATE audit_log SET ip = NULL, country = NULL, user_agent = NULL
    WHERE actor_id = ${userId} AND actor_id IS NOT target_id AND actor_id IS NOT NULL`,
]
