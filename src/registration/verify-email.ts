import { eq, sql } from 'drizzle-orm'
import { commit } from '../commit/commit'
import type { Deps } from '../context'
import { DomainError } from '../errors'
import {
  type FoundToken,
  revokeTokens,
  findToken,
  isUsable,
} from '../one-time-tokens/one-time-token'
import { users } from '../tables/users'
import { dropUnprovedCodes, provedFactors } from '../users/first-proof'

/** The account whose address was verified. */
export type VerifiedAccount = Pick<FoundToken, 'subject' | 'email'>

/**
 * Activates a pending account: the link proves the address. Keeps the password set at registration,
 * but removes a second factor that was set up before the proof. A deactivated account stays
 * deactivated. Returns the account. Signs nobody in. Throws `invalid_token`.
 */
export async function verifyEmail(deps: Deps, token: string): Promise<VerifiedAccount> {
  const found = await findToken(deps, 'verify_email', token)
  if (found.status !== 'pending') throw new DomainError('invalid_token')
  await commit(deps, {
    preconditions: [isUsable(deps, 'verify_email', found.hash), isStillPending(found.userId)],
    change: [
      dropUnprovedCodes(found.userId),
      deps.db
        .update(users)
        .set({
          ...provedFactors,
          emailVerifiedAt: deps.now,
          authVersion: sql`${users.authVersion} + 1`,
          updatedAt: deps.now,
        })
        .where(eq(users.id, found.userId)),
      revokeTokens(deps, found.userId, ['verify_email', 'decline_registration']),
    ],
    audit: [{ event: 'user.email_verified', actor: found.userId, target: found.userId, data: {} }],
  })
  return found
}

/** Checked inside the batch, because a concurrent request may change the status. */
export const isStillPending = (userId: number) => ({
  name: 'still_pending',
  holds: sql`EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${userId} AND ${users.status} = 'pending')`,
  otherwise: 'invalid_token' as const,
})
