/** The links of the mail that confirms a registration. */
import { and, eq, type SQL } from 'drizzle-orm'
import type { Deps } from '../context'
import type { Statement } from '../db/batch'
import { users } from '../tables/users'
import { newToken, storeToken } from '../one-time-tokens/one-time-token'

/**
 * Stores the token that verifies the address, for the users that a condition finds, and the one that
 * declines, because the recipient may not be the person who registered. An imported account was not
 * registered by anyone, so it gets no token that declines.
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
    storeToken(deps, decline, and(where, eq(users.origin, 'registered'))),
  ]
}
