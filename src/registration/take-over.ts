/**
 * Taking over an account that a stranger registered with somebody else's address and nobody proved. An
 * invitation, an import and the set-up of the first admin vouch for the address, so the account becomes
 * theirs: it gets a new subject. Of what the stranger left in it, only its id, `created_at` and the
 * audit rows of the registration stay. Where the address goes to an account that exists already, the
 * registration is removed.
 */
import { type SQL, sql } from 'drizzle-orm'
import { blankErased } from '../audit/blank'
import type { Deps } from '../context'
import type { Statement } from '../db/batch'
import { users } from '../tables/users'
import { isNotReserved } from '../one-time-tokens/undo-links'

/**
 * Somebody registered the account, and nobody has ever proved its address. For a query in which `users`
 * is its row. Includes accounts that an admin has deactivated: an invitation, an import,
 * set-up or an admin who sets the address overrides that.
 */
export const isUnprovedRegistration = sql`users.origin = 'registered' AND users.email_verified_at IS NULL`

/** The same without accounts that an admin has deactivated. Nobody can register or move to their addresses. */
export const isPendingRegistration = sql`${isUnprovedRegistration} AND users.deactivated_at IS NULL`

/**
 * Deletes what hangs on the accounts that a condition on `users` finds. Must run before the rows get
 * their new subjects. The outbox tells each old object that its user is erased: the object then
 * keeps nothing, and refuses every token that names the old subject.
 */
export function clearTakenOver(deps: Deps, isTakenOver: SQL): Statement[] {
  const ids = sql`SELECT users.id FROM users WHERE ${isTakenOver}`
  const subjects = sql`SELECT users.subject FROM users WHERE ${isTakenOver}`
  return [
    sql`DELETE FROM outbox WHERE subject IN (${subjects}) AND kind <> 'sync-authority'`,
    // No mail token is derived from this row's id, so 88 random bits are enough.
    sql`INSERT INTO outbox (id, kind, subject, payload, next_attempt_at, created_at)
      SELECT lower(hex(randomblob(11))), 'sync-authority', users.subject, '{}', ${deps.now}, ${deps.now}
      FROM users WHERE ${isTakenOver}`,
    sql`DELETE FROM parked_events WHERE CASE WHEN json_valid(message) THEN message ->> 'subject' END
      IN (${subjects})`,
    sql`DELETE FROM one_time_tokens WHERE user_id IN (${ids})`,
    sql`DELETE FROM recovery_codes WHERE user_id IN (${ids})`,
    sql`DELETE FROM user_sessions WHERE user_id IN (${ids})`,
    // Last: the condition may ask about roles.
    sql`DELETE FROM user_roles WHERE user_id IN (${ids})`,
  ]
}

/** The columns of a row that is taken over, for all that the new account does not bring itself. */
export const takenOver = {
  hashedPassword: null,
  voidedPassword: null,
  passwordChangedAt: null,
  passwordExpiresAt: null,
  bio: null,
  avatarUrl: null,
  preferences: '{}',
  emailVerifiedAt: null,
  deactivatedAt: null,
  twoFactorSecret: null,
  twoFactorEnabledAt: null,
  twoFactorPendingSecret: null,
  twoFactorPendingUntil: null,
  homeRegion: null,
  invitedBy: null,
  lastLoginAt: null,
  loginCount: 0,
  lastActiveDay: null,
  authVersion: sql`${users.authVersion} + 1`,
  credentialVersion: sql`${users.credentialVersion} + 1`,
} as const

/** An unproved registration at an address that another account is to get. */
export interface Registration {
  readonly id: number
  /** Finds it, as long as it still gives way when the batch runs. */
  readonly isIt: SQL
}

/** The registration at an address, unless it is the account that is to get the address. */
export async function registrationAt(
  deps: Deps,
  emailKey: string,
  exceptUserId: number,
  givesWay: SQL = isUnprovedRegistration,
): Promise<Registration | undefined> {
  const [row] = await deps.db.all<{ id: number }>(sql`
    SELECT users.id FROM users WHERE users.email_key = ${emailKey} AND users.id <> ${exceptUserId}
      AND ${givesWay}`)
  return row && { id: row.id, isIt: sql`users.id = ${row.id} AND ${givesWay}` }
}

/**
 * The address belongs to no other account (but one that gives way), and no link of another user may bring
 * it back.
 */
export const isFreeAddress = (
  deps: Deps,
  emailKey: string,
  exceptUserId: number | null,
  givesWay: SQL = sql`0`,
): SQL => sql`
  NOT EXISTS (SELECT 1 FROM users WHERE users.email_key = ${emailKey} AND users.id IS NOT ${exceptUserId}
    AND NOT (${givesWay})) AND ${isNotReserved(deps, emailKey, exceptUserId)}`

/** Deletes a registration with all that hangs on it. */
export const removeRegistration = (deps: Deps, { id, isIt }: Registration): Statement[] => [
  ...clearTakenOver(deps, isIt),
  sql`DELETE FROM users WHERE ${isIt}`,
  ...blankErased(id),
]
