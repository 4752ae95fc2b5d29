/**
 * What becomes of things that were set up in an account before anybody had proved its address, when
 * the address is proved or vouched for. A stranger may have registered it: second factors are
 * void in every case, and the password too unless the one who proves the address is expected to know
 * it (a link in the mail that confirms a registration). The columns decide by the row as it was before
 * their UPDATE; an account whose address is proved already keeps everything.
 */
import { type Column, sql } from 'drizzle-orm'
import type { Statement } from '../db/batch'
import { users } from '../tables/users'

const isUnproved = sql`users.email_verified_at IS NULL`
const ifProved = (column: Column) => sql`iif(${isUnproved}, NULL, ${column})`

/** Columns of a password that becomes void: it stays known, so that the next one is another. */
export const voidPassword = {
  hashedPassword: null,
  voidedPassword: sql`coalesce(${users.hashedPassword}, ${users.voidedPassword})`,
}

/** Columns of the second factor; `dropUnprovedCodes` belongs in front of their UPDATE. */
export const provedFactors = {
  twoFactorSecret: ifProved(users.twoFactorSecret),
  twoFactorEnabledAt: ifProved(users.twoFactorEnabledAt),
  twoFactorPendingSecret: ifProved(users.twoFactorPendingSecret),
  twoFactorPendingUntil: ifProved(users.twoFactorPendingUntil),
}

/** Columns of the password and the factors, for when an admin vouches for the address. */
export const provedCredentials = {
  ...provedFactors,
  hashedPassword: ifProved(users.hashedPassword),
  voidedPassword: sql`iif(${isUnproved}, ${voidPassword.voidedPassword}, ${users.voidedPassword})`,
  passwordChangedAt: ifProved(users.passwordChangedAt),
  passwordExpiresAt: ifProved(users.passwordExpiresAt),
  credentialVersion: sql`${users.credentialVersion} + (${isUnproved})`,
}

/** Deletes the recovery codes of an account whose address nobody has proved. */
export const dropUnprovedCodes = (userId: number): Statement =>
  sql`DELETE FROM recovery_codes WHERE user_id = ${userId}
    AND EXISTS (SELECT 1 FROM users WHERE users.id = ${userId} AND ${isUnproved})`

/** The account has a password that was set before anybody proved its address. */
export const hasUnprovedPassword = (userId: number) =>
  sql`users.id = ${userId} AND ${isUnproved} AND users.hashed_password IS NOT NULL`
