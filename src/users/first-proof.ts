/**
 * What happens to credentials that were set up before anybody proved an account's address, when the
 * address is proved or an admin vouches for it. A stranger may have registered the account. So
 * second factors are always removed, and the password is voided unless the user who proves the
 * address is expected to know it (by a link in the email that verifies a registration). The columns
 * are computed from the row before their UPDATE; an account whose address is proved already keeps
 * everything. See test/users/first-proof.test.ts.
 */
import { type Column, sql } from 'drizzle-orm'
import type { Statement } from '../db/batch'
import { users } from '../tables/users'

const isUnproved = sql`users.email_verified_at IS NULL`
const ifProved = (column: Column) => sql`iif(${isUnproved}, NULL, ${column})`

/** The columns that void a password. Its hash is kept, so that the next password has to differ. */
export const voidPassword = {
  hashedPassword: null,
  voidedPassword: sql`coalesce(${users.hashedPassword}, ${users.voidedPassword})`,
}

/** The columns of the second factor. `dropUnprovedCodes` has to run before their UPDATE. */
export const provedFactors = {
  totpSecret: ifProved(users.totpSecret),
  secondFactorEnabledAt: ifProved(users.secondFactorEnabledAt),
  totpPendingSecret: ifProved(users.totpPendingSecret),
  totpPendingUntil: ifProved(users.totpPendingUntil),
}

/** The columns of password and factors, for when an admin vouches for the address. */
export const provedCredentials = {
  ...provedFactors,
  hashedPassword: ifProved(users.hashedPassword),
  voidedPassword: sql`iif(${isUnproved}, ${voidPassword.voidedPassword}, ${users.voidedPassword})`,
  passwordChangedAt: ifProved(users.passwordChangedAt),
  passwordExpiresAt: ifProved(users.passwordExpiresAt),
  credentialVersion: sql`${users.credentialVersion} + (${isUnproved})`,
}

/** Deletes the recovery codes of an account whose address was never proved. */
export const dropUnprovedCodes = (userId: number): Statement =>
  sql`DELETE FROM recovery_codes WHERE user_id = ${userId}
    AND EXISTS (SELECT 1 FROM users WHERE users.id = ${userId} AND ${isUnproved})`

/** The account has a password that was set before its address was proved. */
export const hasUnprovedPassword = (userId: number) =>
  sql`users.id = ${userId} AND ${isUnproved} AND users.hashed_password IS NOT NULL`
