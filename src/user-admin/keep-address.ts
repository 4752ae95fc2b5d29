/** What belongs to an edit of a user by an admin that names the address that the user has already. */
import { and, eq, type SQL, sql } from 'drizzle-orm'
import { oneTimeTokens } from '../tables/one-time-tokens'
import type { Actor, Deps } from '../context'
import type { Statement } from '../db/batch'
import type { AuditEntry, Precondition } from '../commit/commit'
import { noStaffByKey, notHimself } from '../rbac/conditions'
import type { Target } from '../users/find-target'
import { users } from '../tables/users'

/**
 * The links that a thief may have left in an account whose owner, or an admin, has moved it back. Those
 * that are their user's only way in stay: of a pending account, which nobody can have been in, and a reset
 * where there is no password, which an edit that is sent twice has just mailed.
 */
const areEnded = (userId: number): SQL => sql`${oneTimeTokens.userId} = ${userId} AND (
  ${oneTimeTokens.purpose} IN ('confirm_email_change', 'undo_email_change')
  OR (${oneTimeTokens.purpose} = 'reset_password' AND EXISTS (SELECT 1 FROM ${users}
    WHERE ${users.id} = ${userId} AND ${users.hashedPassword} IS NOT NULL)))`

interface KeptAddress {
  readonly preconditions: Precondition[]
  readonly audit: AuditEntry[]
  /** Behind the audit rows, which tell whether there is a link to end. */
  readonly after: Statement[]
}

/**
 * Ends those links, as the setting of another address does, and under the same conditions where one of
 * them stands. Recorded as an edit of the address then; otherwise, with no other field, as a look at the
 * user.
 */
export function keptAddress(
  deps: Deps,
  actor: Actor,
  target: Target,
  fields: readonly string[],
): KeptAddress {
  const stands = isStanding(deps, target.id)
  const event = { actor: actor.userId, target: target.id }
  return {
    preconditions: [
      ...[notHimself(actor, target), ...noStaffByKey(actor, target.id)].map((condition) => ({
        ...condition,
        holds: sql`NOT ${stands} OR (${condition.holds})`,
      })),
      {
        name: 'address_unmoved',
        holds: sql`EXISTS (SELECT 1 FROM ${users} WHERE ${and(eq(users.id, target.id), eq(users.email, target.email))})`,
        otherwise: 'unchanged',
      },
    ],
    audit: [
      {
        ...event,
        event: 'admin.user_edited',
        data: { fields: [...fields, 'email'] },
        onlyIf: stands,
      },
      {
        ...event,
        ...(fields.length > 0
          ? { event: 'admin.user_edited', data: { fields: [...fields] } }
          : { event: 'admin.user_viewed', data: {} }),
        onlyIf: sql`NOT ${stands}`,
      },
    ],
    after: [deps.db.delete(oneTimeTokens).where(areEnded(target.id))],
  }
}

const isStanding = (deps: Deps, userId: number): SQL => sql`EXISTS (SELECT 1 FROM ${oneTimeTokens}
  WHERE ${areEnded(userId)} AND ${oneTimeTokens.expiresAt} > ${deps.now})`
