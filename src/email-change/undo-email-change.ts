import { and, eq, gte, or, sql } from 'drizzle-orm'
import { revokeKeys } from '../api-keys/revoke-api-key'
import type { Deps } from '../context'
import { credentialsChanged } from '../credentials/new-password'
import { randomId } from '../crypto/encoding'
import { isUniqueViolation } from '../db/faults'
import { DomainError } from '../errors'
import { addressedMail, tokenMail } from '../mail/messages'
import {
  findToken,
  isUsable,
  newToken,
  invalidTokenError,
  storeToken,
} from '../one-time-tokens/one-time-token'
import { deletePasskeysSince } from '../passkeys/forget'
import { isFreeAddress } from '../registration/take-over'
import { commitAndSync } from '../sessions/account-state'
import { oneTimeTokens } from '../tables/one-time-tokens'
import { users } from '../tables/users'
import { parseEmailAddress } from '../users/email-address'
import { voidPassword } from '../users/first-proof'
import { hasAddress, rememberFormer } from '../users/former-addresses'

/**
 * Restores the address that a change replaced. Revokes every session and every API key, removes the
 * passkeys that were added since the change, voids the password and emails a link to choose a new one
 * to the restored address. The address that loses
 * the account gets an email too. Undo links of later changes are revoked; those of earlier changes
 * remain, so the first owner has the last word. The link is invalid while the account is
 * deactivated, and after an admin has set an address. Throws `invalid_token`, `email_taken`.
 */
export async function undoEmailChange(deps: Deps, token: string): Promise<void> {
  const found = await findToken(deps, 'undo_email_change', token)
  const address = parseEmailAddress(found.email)
  if (!address) throw invalidTokenError('undo_email_change')
  const { userId: id, subject } = found
  const giving = { id, emailKey: found.emailKey }
  const losing = { ...found, email: found.accountEmail }
  const mailId = randomId()
  const ttl = deps.config.RESET_PASSWORD_TTL_SECONDS
  const reset = await newToken(deps, 'reset_password', mailId, ttl)
  // This link and the later ones: later changes may have been made by the thief.
  const isVoid = and(
    eq(oneTimeTokens.userId, id),
    or(
      sql`${oneTimeTokens.purpose} <> 'undo_email_change'`,
      gte(oneTimeTokens.createdAt, found.createdAt),
    ),
  )
  // An API key that a thief created in the meantime would keep working.
  const revokedKeys = revokeKeys(deps, { keys: true }, { actor: id, target: { id, subject } })
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
        // The email about a passkey that the thief added went to the thief's address.
        ...deletePasskeysSince(deps, id, found.createdAt),
        storeToken(deps, reset, eq(users.id, id)),
      ],
      audit: [
        { event: 'user.email_change_undone', actor: id, target: id, data: {} },
        ...revokedKeys.audit,
      ],
      after: revokedKeys.after,
      outbox: [
        tokenMail(deps, mailId, subject, 'reset-password'),
        // A user may have moved the account to this address in good faith, and must learn of the
        // undo.
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
