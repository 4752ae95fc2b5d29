/** The extra steps when an admin's edit names the address that the user already has. */
import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { AuditEntry, Precondition } from '../commit/commit'
import type { Actor, Deps } from '../context'
import type { Statement } from '../db/batch'
import { noStaffByKey, isNotSelf } from '../rbac/conditions'
import { oneTimeTokens } from '../tables/one-time-tokens'
import { users } from '../tables/users'
import type { Target } from '../users/find-target'

/**
 * Links that an attacker may have left behind in an account whose address the user or an admin has
 * moved back. Links that are the user's only way in are kept: those of a pending account, which
 * nobody can have been signed in to, and a password reset where there is no password (an edit sent
 * twice has just mailed it).
 */
const areRevoked = (userId: number): SQL => sql`${oneTimeTokens.userId} = ${userId} AND (
  ${oneTimeTokens.purpose} IN ('confirm_email_change', 'undo_email_change')
  OR (${oneTimeTokens.purpose} = 'reset_password' AND EXISTS (SELECT 1 FROM ${users}
    WHERE ${users.id} = ${userId} AND ${users.hashedPassword} IS NOT NULL)))`

interface KeptAddress {
  readonly preconditions: Precondition[]
  readonly audit: AuditEntry[]
  /** Runs after the audit rows, whose conditions check whether there is a link to revoke. */
  readonly after: Statement[]
}

/**
 * Revokes those links, as setting another address does. If one of them is live, the same conditions
 * apply and the edit is logged as an edit of the address. If not, an edit without other fields is
 * logged as a view of the user.
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
      ...[isNotSelf(actor, target), ...noStaffByKey(actor, target.id)].map((condition) => ({
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
    after: [deps.db.delete(oneTimeTokens).where(areRevoked(target.id))],
  }
}

const isStanding = (deps: Deps, userId: number): SQL => sql`EXISTS (SELECT 1 FROM ${oneTimeTokens}
  WHERE ${areRevoked(userId)} AND ${oneTimeTokens.expiresAt} > ${deps.now})`
