import { and, eq, gte, or, sql } from 'drizzle-orm'
import { endKeys } from '../api-keys/revoke-api-key'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { isUniqueViolation } from '../db/faults'
import { DomainError } from '../errors'
import { addressedMail, tokenMail } from '../mail/messages'
import { commitAndSync } from '../sessions/account-state'
import { parseEmailAddress } from '../users/email-address'
import { users } from '../tables/users'
import { voidPassword } from '../users/first-proof'
import { hasAddress, rememberFormer } from '../users/former-addresses'
import { credentialsChanged } from '../credentials/new-password'
import {
  findToken,
  isUsable,
  newToken,
  spentToken,
  storeToken,
} from '../one-time-tokens/one-time-token'
import { isFreeAddress } from '../registration/take-over'
import { oneTimeTokens } from '../tables/one-time-tokens'

/**
 * Brings back the address that a change took away: every session and API key ends, the password is void,
 * and a link to choose a new one goes to that address; the one that loses the account gets a mail. Undo
 * links of later changes end; those of earlier ones stay, so the first owner has the last word. It does
 * nothing in a deactivated account, nor once an admin has set an address. Throws `invalid_token`,
 * `email_taken`.
 */
export async function undoEmailChange(deps: Deps, token: string): Promise<void> {
  const found = await findToken(deps, 'undo_email_change', token)
  const address = parseEmailAddress(found.email)
  if (!address) throw spentToken('undo_email_change')
  const { userId: id, subject } = found
  const giving = { id, emailKey: found.emailKey }
  const losing = { ...found, email: found.accountEmail }
  const mailId = randomId()
  const ttl = deps.config.RESET_PASSWORD_TTL_SECONDS
  const reset = await newToken(deps, 'reset_password', mailId, ttl)
  // This one, and what came after it: later changes were made by the thief.
  const isVoid = and(
    eq(oneTimeTokens.userId, id),
    or(
      sql`${oneTimeTokens.purpose} <> 'undo_email_change'`,
      gte(oneTimeTokens.createdAt, found.createdAt),
    ),
  )
  // A key that was made meanwhile would leave the door open.
  const ended = endKeys(deps, { keys: true }, { actor: id, target: { id, subject } })
  try {
    const isDone = await commitAndSync(deps, subject, {
      preconditions: [
        isUsable(deps, 'undo_email_change', found.hash),
        {
          name: 'address_free',
          holds: isFreeAddress(deps, address.key, id),
          otherwise: 'email_taken',
        },
        hasAddress(giving),
      ],
      change: [
        ...(await rememberFormer(deps, giving, address.key)),
        deps.db
          .update(users)
          .set({
            email: address.email,
            emailKey: address.key,
            emailVerifiedAt: deps.now,
            ...voidPassword,
            ...credentialsChanged(deps),
          })
          .where(eq(users.id, id)),
        deps.db.delete(oneTimeTokens).where(isVoid),
        storeToken(deps, reset, eq(users.id, id)),
      ],
      audit: [
        { event: 'user.email_change_undone', actor: id, target: id, data: {} },
        ...ended.audit,
      ],
      after: ended.after,
      outbox: [
        tokenMail(deps, mailId, subject, 'reset-password'),
        // Whoever moved the account to it in good faith must not lose it without a word.
        ...(losing.email === address.email
          ? []
          : [{ ...(await addressedMail(deps, 'email-change-undone', losing)), subject }]),
      ],
    })
    // The address has changed again since it was read: start over with the current one.
    if (!isDone) await undoEmailChange(deps, token)
  } catch (error) {
    if (isUniqueViolation(error, 'users.email_key')) throw new DomainError('email_taken')
    throw error
  }
}
