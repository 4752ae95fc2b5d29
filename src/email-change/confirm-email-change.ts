import { and, eq, not, sql } from 'drizzle-orm'
import type { Deps, Principal } from '../context'
import { randomId } from '../crypto/encoding'
import { commit, type OutboxEntry } from '../commit/commit'
import { isUniqueViolation } from '../db/faults'
import { DomainError, invalidFields } from '../errors'
import { addressedMail, circumstancesOf, tokenMail } from '../mail/messages'
import { restrictionOf } from '../rbac/required-action'
import { parseEmailAddress } from '../users/email-address'
import { users } from '../tables/users'
import { type Account, accountBySubject } from '../users/account'
import { rememberFormer } from '../users/former-addresses'
import {
  ALL_BUT_UNDO,
  endTokens,
  findToken,
  type FoundToken,
  isUsable,
  type NewToken,
  newToken,
  spentToken,
  storeToken,
} from '../one-time-tokens/one-time-token'
import { provePassword } from '../credentials/prove-password'
import {
  isFreeAddress,
  isPendingRegistration,
  registrationAt,
  removeRegistration,
} from '../registration/take-over'
import { endMiddle, endReturned, isReturn, outliveBy } from '../one-time-tokens/undo-links'

export interface Confirmation {
  readonly token: string
  /** The user who is signed in where the link is opened; a restricted session counts for nothing. */
  readonly principal: Principal | null
  readonly password: string | undefined
}

/**
 * Makes the address that a mailed token vouches for the account's. The token proves the mailbox, not the
 * account: without more, anyone could push an account of theirs under another person, who then fills it
 * with data, and take it away again. So the user confirms in a session of that account, or with its
 * password; the second factor was given when the change was asked for, and a change of it since has ended
 * the token. A refusal leaves the token as it is.
 *
 * A registration with the address that nobody confirmed is removed: the link proves whose mailbox it is.
 *
 * The old address gets a mail with a link that undoes the change for some days. Nobody else can have
 * that address meanwhile. The links of earlier changes last as long as this one. A move back to an
 * address that such a link keeps counts as the use of that link: it ends with those of later changes,
 * and the address that is left gets a mail without one. Throws `invalid_token`, `validation_failed`
 * naming `password` when no proof is given, `incorrect_password`, `too_many_attempts`, the account's
 * restriction (`password_expired`, `two_factor_required`), and `email_taken` when someone else has got
 * the address since.
 */
export async function confirmEmailChange(deps: Deps, confirmation: Confirmation): Promise<void> {
  const found = await findToken(deps, 'confirm_email_change', confirmation.token)
  const account = await proveAccount(deps, found, confirmation)
  const address = parseEmailAddress(found.email)
  if (!account || !address) throw spentToken('confirm_email_change')

  const { id, email: oldEmail } = account.user
  const registration = await registrationAt(deps, address.key, id, isPendingRegistration)
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
        endTokens(deps, id, ALL_BUT_UNDO),
        ...(isNoticeOn
          ? [
              storeToken(deps, undo, and(eq(users.id, id), not(isReturn(deps, id, address.key))), {
                email: oldEmail,
                reservedKey: account.emailKey,
              }),
            ]
          : []),
        outliveBy(deps, id, undo),
        endMiddle(deps, id),
        endReturned(deps, id, address.key),
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
      outbox: isNoticeOn ? await noticesOf(deps, account, undo, mailId) : [],
    })
  } catch (error) {
    if (isUniqueViolation(error, 'users.email_key')) throw new DomainError('email_taken')
    throw error
  }
}

/** The mail to the address that is left: with the link that undoes the change, or without after a return. */
async function noticesOf(
  deps: Deps,
  { user, authority: { subject } }: Account,
  undo: NewToken,
  mailId: string,
): Promise<OutboxEntry[]> {
  const isStored = sql`EXISTS (SELECT 1 FROM one_time_tokens WHERE hash = ${undo.hash})`
  const circumstances = circumstancesOf(deps)
  return [
    { ...tokenMail(deps, mailId, subject, 'email-changed', { circumstances }), onlyIf: isStored },
    // A thief may read this mailbox, so the mail does not say when and from where.
    { ...(await addressedMail(deps, 'email-moved-back', user)), subject, onlyIf: not(isStored) },
  ]
}

/** Whether a session is one of the account that a token names, and good enough to confirm with. */
export const isOwnSession = (
  found: Pick<FoundToken, 'subject'>,
  principal: Principal | null,
): boolean => principal?.subject === found.subject && principal.restriction === null

/** The account of the token, once its user has shown that it is theirs. */
async function proveAccount(
  deps: Deps,
  found: FoundToken,
  { principal, password }: Confirmation,
): Promise<Account | undefined> {
  if (isOwnSession(found, principal)) return accountBySubject(deps, found.subject)
  if (password === undefined) {
    const message = 'Confirm with the password of the account, or in a session of it'
    throw invalidFields([{ path: 'password', code: 'required', message }])
  }
  // The link takes the place of a session in the budget of proofs.
  const { subject, hash: sid } = found
  const account = await provePassword(deps, { subject, sid }, password)
  // With it the user could only sign in to cure this.
  const restriction = await restrictionOf(deps, account.authority)
  if (restriction) throw new DomainError(restriction)
  return account
}
