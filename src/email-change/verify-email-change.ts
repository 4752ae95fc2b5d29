import { and, eq, not, sql } from 'drizzle-orm'
import { commit, type OutboxEntry } from '../commit/commit'
import type { Deps, Principal } from '../context'
import { verifyCurrentPassword } from '../credentials/verify-current-password'
import { randomId } from '../crypto/encoding'
import { isUniqueViolation } from '../db/faults'
import { DomainError, invalidFields } from '../errors'
import { addressedMail, requestMetadataOf, tokenMail } from '../mail/messages'
import {
  ALL_BUT_UNDO,
  revokeTokens,
  findToken,
  type FoundToken,
  isUsable,
  type NewToken,
  newToken,
  invalidTokenError,
  storeToken,
} from '../one-time-tokens/one-time-token'
import {
  revokeMiddleLinks,
  revokeReturnedLinks,
  isReturn,
  outliveBy,
} from '../one-time-tokens/undo-links'
import { requiredActionOf } from '../rbac/required-action'
import {
  isFreeAddress,
  isPendingRegistration,
  registrationAt,
  removeRegistration,
} from '../registration/take-over'
import { users } from '../tables/users'
import { type Account, accountBySubject } from '../users/account'
import { parseEmailAddress } from '../users/email-address'
import { rememberFormer } from '../users/former-addresses'

export interface EmailChangeVerification {
  readonly token: string
  /**
   * The user who is signed in where the link is opened. Ignored if the session has a required
   * action.
   */
  readonly principal: Principal | null
  readonly password: string | undefined
}

/**
 * Changes the account's address to the one that an emailed token proves. The token proves the
 * mailbox, not the account. If it were enough, an attacker could move their own account to another
 * person's address, wait until that person fills it with data, and take it back. So the user
 * has to verify the change in a session of that account, or with its password. The second factor or a
 * passkey was checked when the change was requested, and a change of the factors since then has revoked the
 * token. A refused attempt does not use up the token. See test/email-change/verify-email-change.test.ts.
 *
 * An unverified registration with the address is removed, because the link proves whose mailbox it
 * is.
 *
 * The old address gets an email with a link that undoes the change for some days, during which
 * nobody else can take that address. Links of earlier changes are extended to last as long as this
 * one. A move back to an address that such a link reserves counts as using that link: it is revoked
 * together with those of later changes, and the address being left gets an email without a link.
 * See test/email-change/undo-order.test.ts.
 *
 * Throws `invalid_token`, `validation_failed` for `password` if no proof is given,
 * `incorrect_password`, `too_many_attempts`, the account's required action (`password_expired`,
 * `two_factor_required`), and `email_taken` if somebody else has taken the address since.
 */
export async function verifyEmailChange(
  deps: Deps,
  verification: EmailChangeVerification,
): Promise<void> {
  const found = await findToken(deps, 'confirm_email_change', verification.token)
  const account = await verifyAccount(deps, found, verification)
  const address = parseEmailAddress(found.email)
  if (!account || !address) throw invalidTokenError('confirm_email_change')

  const { id, email: oldEmail } = account.user
  const registration = await registrationAt(deps, address.key, id, isPendingRegistration)
  const mailId = randomId()
  const isNotificationOn = !deps.config.MAILS_OFF.includes('email-changed')
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
          otherwise: invalidTokenError('confirm_email_change'),
        },
        {
          name: 'address_free',
          holds: isFreeAddress(deps, address.key, id, registration?.isIt),
          otherwise: 'email_taken',
        },
      ],
      change: [
        ...(registration ? removeRegistration(deps, registration) : []),
        ...(await rememberFormer(deps, { id, emailKey: account.emailKey }, address.key)),
        deps.db
          .update(users)
          .set({
            email: address.email,
            emailKey: address.key,
            emailVerifiedAt: deps.now,
            updatedAt: deps.now,
          })
          .where(eq(users.id, id)),
        revokeTokens(deps, id, ALL_BUT_UNDO),
        ...(isNotificationOn
          ? [
              storeToken(deps, undo, and(eq(users.id, id), not(isReturn(deps, id, address.key))), {
                email: oldEmail,
                reservedKey: account.emailKey,
              }),
            ]
          : []),
        outliveBy(deps, id, undo),
        revokeMiddleLinks(deps, id),
        revokeReturnedLinks(deps, id, address.key),
      ],
      audit: [
        { event: 'user.email_changed', actor: id, target: id, data: {} },
        ...(registration
          ? [
              {
                event: 'user.registration_declined' as const,
                actor: id,
                target: registration.id,
                data: {},
              },
            ]
          : []),
      ],
      outbox: isNotificationOn ? await notificationsOf(deps, account, undo, mailId) : [],
    })
  } catch (error) {
    if (isUniqueViolation(error, 'users.email_key')) throw new DomainError('email_taken')
    throw error
  }
}

/** The email to the old address: with the link to undo the change, or without one after a move back. */
async function notificationsOf(
  deps: Deps,
  { user, accountState: { subject } }: Account,
  undo: NewToken,
  mailId: string,
): Promise<OutboxEntry[]> {
  const isStored = sql`EXISTS (SELECT 1 FROM one_time_tokens WHERE hash = ${undo.hash})`
  const requestMetadata = requestMetadataOf(deps)
  return [
    {
      ...tokenMail(deps, mailId, subject, 'email-changed', { circumstances: requestMetadata }),
      onlyIf: isStored,
    },
    // A thief may read this mailbox, so the email does not say when and from where it was changed.
    { ...(await addressedMail(deps, 'email-moved-back', user)), subject, onlyIf: not(isStored) },
  ]
}

/** Whether the session belongs to the token's account and has no required action. */
export const isOwnSession = (
  found: Pick<FoundToken, 'subject'>,
  principal: Principal | null,
): boolean => principal?.subject === found.subject && principal.requiredAction === null

/**
 * The token's account, after the user has proved that it is theirs. Throws like
 * `verifyEmailChange`.
 */
async function verifyAccount(
  deps: Deps,
  found: FoundToken,
  { principal, password }: EmailChangeVerification,
): Promise<Account | undefined> {
  if (isOwnSession(found, principal)) return accountBySubject(deps, found.subject)
  if (password === undefined) {
    const message = 'Confirm with the password of the account, or in a session of it'
    throw invalidFields([{ path: 'password', code: 'required', message }])
  }
  // The budget for password attempts counts the link as if it were a session.
  const { subject, hash: sid } = found
  const account = await verifyCurrentPassword(deps, { subject, sid }, password)
  // With this password the user could only sign in to complete the required action.
  // The change was requested with the second factor or a passkey, if there is one.
  const { isSecondFactorEnabled, passkeys } = account.accountState
  const isBoth = isSecondFactorEnabled || passkeys.length > 0
  const amr = isBoth ? (['pwd', 'mfa'] as const) : (['pwd'] as const)
  const requiredAction = await requiredActionOf(deps, account.accountState, { amr })
  if (requiredAction) throw new DomainError(requiredAction)
  return account
}
