import { and, eq, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { commit } from '../db/commit'
import { isUniqueViolation } from '../db/faults'
import { DomainError } from '../errors'
import { circumstancesOf, tokenMail } from '../mail/messages'
import { parseEmailAddress } from '../users/email-address'
import { users } from '../users/schema'
import { accountBySubject } from './account'
import {
  ALL_BUT_UNDO,
  endTokens,
  findToken,
  isFreeAddress,
  isUsable,
  newToken,
  spentToken,
  storeToken,
} from './one-time-token'

/**
 * Makes the address that a mailed token vouches for the account's. The old one is told, with a link
 * that undoes the change for some days, and nobody else can have it meanwhile. Throws
 * `invalid_token`, and `email_taken` when someone else has got the address since.
 */
export async function confirmEmailChange(deps: Deps, token: string): Promise<void> {
  const found = await findToken(deps, 'confirm_email_change', token)
  const account = await accountBySubject(deps, found.subject)
  const address = parseEmailAddress(found.email)
  if (!account || !address) throw spentToken('confirm_email_change')

  const { id, email: oldEmail } = account.user
  const mailId = randomId()
  const isNoticeOn = !deps.config.MAILS_OFF.includes('email-changed')
  const undo = await newToken(
    deps,
    'undo_email_change',
    mailId,
    deps.config.UNDO_EMAIL_CHANGE_TTL_SECONDS,
  )
  try {
    await commit(deps, {
      preconditions: [
        isUsable(deps, 'confirm_email_change', found.hash),
        {
          name: 'same_account',
          holds: sql`EXISTS (SELECT 1 FROM ${users} WHERE ${and(eq(users.id, id), eq(users.email, oldEmail), eq(users.status, 'active'))})`,
          otherwise: spentToken('confirm_email_change'),
        },
        {
          name: 'address_free',
          holds: isFreeAddress(deps, address.key, id),
          otherwise: 'email_taken',
        },
      ],
      change: [
        deps.db
          .update(users)
          .set({
            email: address.email,
            emailKey: address.key,
            emailVerifiedAt: deps.now,
            updatedAt: deps.now,
          })
          .where(eq(users.id, id)),
        endTokens(deps, id, ALL_BUT_UNDO),
        ...(isNoticeOn
          ? [
              storeToken(deps, undo, eq(users.id, id), {
                email: oldEmail,
                reservedKey: account.emailKey,
              }),
            ]
          : []),
      ],
      audit: [{ event: 'user.email_changed', actor: id, target: id, data: {} }],
      outbox: isNoticeOn
        ? [
            tokenMail(deps, mailId, found.subject, 'email-changed', {
              circumstances: circumstancesOf(deps),
            }),
          ]
        : [],
    })
  } catch (error) {
    if (isUniqueViolation(error, 'users.email_key')) throw new DomainError('email_taken')
    throw error
  }
}
