/** The links in the email that verifies a registration. */
import { and, eq, type SQL } from 'drizzle-orm'
import type { Deps } from '../context'
import type { Statement } from '../db/batch'
import { newToken, storeToken } from '../one-time-tokens/one-time-token'
import { users } from '../tables/users'

/**
 * Stores two tokens for the users that match a condition: one that verifies the address and one
 * that declines the registration, because the recipient may not be the person who registered.
 * Nobody registered an imported account, so it gets no second token.
 */
export async function storeVerification(
  deps: Deps,
  mailId: string,
  where: SQL | undefined,
): Promise<Statement[]> {
  const ttl = deps.config.VERIFY_EMAIL_TTL_SECONDS
  const verify = await newToken(deps, 'verify_email', mailId, ttl)
  const decline = await newToken(deps, 'decline_registration', mailId, ttl)
  return [
    storeToken(deps, verify, where),
    storeToken(deps, decline, and(where, eq(users.signupSource, 'registered'))),
  ]
}
