/** What belongs to an edit of a user by an admin that names the address that the user has already. */
import { and, eq, inArray, type SQL, sql } from 'drizzle-orm'
import { endTokens } from '../auth/one-time-token'
import { oneTimeTokens } from '../auth/schema'
import type { Actor, Deps } from '../context'
import type { TokenPurpose } from '../crypto/mail-token'
import type { Statement } from '../db/batch'
import type { AuditEntry, Precondition } from '../db/commit'
import { noStaffByKey, notHimself } from '../rbac/conditions'
import type { Target } from '../users/find-target'
import { users } from '../users/schema'

/**
 * The links that a thief may have left in an account whose owner, or an admin, has moved it back. Those
 * of a pending account stay: nobody can have been in it, and they are its user's way in.
 */
const ENDED: readonly TokenPurpose[] = [
  'reset_password',
  'confirm_email_change',
  'undo_email_change',
]

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
    after: [endTokens(deps, target.id, ENDED)],
  }
}

const isStanding = (deps: Deps, userId: number): SQL => sql`EXISTS (SELECT 1 FROM ${oneTimeTokens}
  WHERE ${and(
    eq(oneTimeTokens.userId, userId),
    inArray(oneTimeTokens.purpose, [...ENDED]),
    sql`${oneTimeTokens.expiresAt} > ${deps.now}`,
  )})`
