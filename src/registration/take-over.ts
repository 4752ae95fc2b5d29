/**
 * Takes over an account that a stranger registered with somebody else's address and nobody
 * verified. An invitation, an import and the setup of the first admin vouch for the address, so
 * its owner gets the account, with a new subject. Of what the stranger left in it, only its id,
 * `created_at` and the audit rows of the registration remain. If the address goes to an account
 * that exists already, the registration is deleted. See test/registration/take-over.test.ts and
 * squatted-address.test.ts.
 */
import { type SQL, sql } from 'drizzle-orm'
import { blankErased } from '../audit/blank'
import type { Deps } from '../context'
import type { Statement } from '../db/batch'
import { isNotReserved } from '../one-time-tokens/undo-links'
import { users } from '../tables/users'

/**
 * The account was registered, and its address was never verified. For a query in which `users` is
 * its row. Includes accounts that an admin has deactivated: an invitation, an import, setup or an
 * admin who sets the address overrides that.
 */
export const isUnprovedRegistration = sql`users.origin = 'registered' AND users.email_verified_at IS NULL`

/**
 * The same without accounts that an admin has deactivated. Nobody can register with their addresses
 * or change to them.
 */
export const isPendingRegistration = sql`${isUnprovedRegistration} AND users.deactivated_at IS NULL`

/**
 * Deletes everything that belongs to the accounts matching a condition on `users`. Must run before
 * the rows get their new subjects. An outbox row tells each old object that its user is erased. The
 * object then deletes its data and rejects every token with the old subject.
 */
export function clearTakenOver(deps: Deps, isTakenOver: SQL): Statement[] {
  const ids = sql`SELECT users.id FROM users WHERE ${isTakenOver}`
  const subjects = sql`SELECT users.subject FROM users WHERE ${isTakenOver}`
  return [
    sql`DELETE FROM outbox WHERE subject IN (${subjects}) AND kind <> 'sync-authority'`,
    // No emailed token is derived from this row's id, so 88 random bits are enough.
    sql`INSERT INTO outbox (id, kind, subject, payload, next_attempt_at, created_at)
      SELECT lower(hex(randomblob(11))), 'sync-authority', users.subject, '{}', ${deps.now}, ${deps.now}
      FROM users WHERE ${isTakenOver}`,
    sql`DELETE FROM parked_events WHERE CASE WHEN json_valid(message) THEN message ->> 'subject' END
      IN (${subjects})`,
    sql`DELETE FROM one_time_tokens WHERE user_id IN (${ids})`,
    sql`DELETE FROM recovery_codes WHERE user_id IN (${ids})`,
    sql`DELETE FROM user_sessions WHERE user_id IN (${ids})`,
    // Must be last: the condition may refer to roles.
    sql`DELETE FROM user_roles WHERE user_id IN (${ids})`,
  ]
}

/** Resets the columns of a row that is taken over, except those that the new account sets. */
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
  totpSecret: null,
  secondFactorEnabledAt: null,
  totpPendingSecret: null,
  totpPendingUntil: null,
  homeRegion: null,
  invitedBy: null,
  lastSignInAt: null,
  signInCount: 0,
  lastActiveDay: null,
  authVersion: sql`${users.authVersion} + 1`,
  credentialVersion: sql`${users.credentialVersion} + 1`,
} as const

/** An unverified registration with an address that another account is about to get. */
export interface Registration {
  readonly id: number
  /** Matches it only if it may still be removed when the batch runs. */
  readonly isIt: SQL
}

/**
 * The registration with an address that may be removed (`canBeReplaced`), unless it is the account that
 * is about to get the address.
 */
export async function registrationAt(
  deps: Deps,
  emailKey: string,
  exceptUserId: number,
  canBeReplaced: SQL = isUnprovedRegistration,
): Promise<Registration | undefined> {
  const [row] = await deps.db.all<{ id: number }>(sql`
    SELECT users.id FROM users WHERE users.email_key = ${emailKey} AND users.id <> ${exceptUserId}
      AND ${canBeReplaced}`)
  return row && { id: row.id, isIt: sql`users.id = ${row.id} AND ${canBeReplaced}` }
}

/**
 * No other account has the address, except one that may be removed (`canBeReplaced`), and no undo link
 * of another user can restore it.
 */
export const isFreeAddress = (
  deps: Deps,
  emailKey: string,
  exceptUserId: number | null,
  canBeReplaced: SQL = sql`0`,
): SQL => sql`
  NOT EXISTS (SELECT 1 FROM users WHERE users.email_key = ${emailKey} AND users.id IS NOT ${exceptUserId}
    AND NOT (${canBeReplaced})) AND ${isNotReserved(deps, emailKey, exceptUserId)}`

/** Deletes a registration and everything that belongs to it. */
export const removeRegistration = (deps: Deps, { id, isIt }: Registration): Statement[] => [
  ...clearTakenOver(deps, isIt),
  sql`DELETE FROM users WHERE ${isIt}`,
  ...blankErased(id),
]
