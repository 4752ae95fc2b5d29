import { and, eq } from 'drizzle-orm'
import { commit } from '../commit/commit'
import type { Deps, Principal } from '../context'
import { randomId } from '../crypto/encoding'
import { mailTokenHash } from '../crypto/mail-token'
import { DomainError, invalidFields } from '../errors'
import { tokenMail } from '../mail/messages'
import { revokeTokens, newToken, storeToken } from '../one-time-tokens/one-time-token'
import { isFreeAddress, isPendingRegistration } from '../registration/take-over'
import { type Proof, reauthenticate } from '../step-up/reauthenticate'
import { users } from '../tables/users'
import { reserveMail, reserveMailBy } from '../throttle/reserve'
import type { EmailAddress } from '../users/email-address'

/**
 * Emails a link to a new address, which becomes the account's when the user opens the link
 * and verifies it. A taken address gets no email. Everything else is the same for both, so that the caller cannot find out
 * whether an account exists: the response, the statements, the event, and the stored request, which
 * the export shows until it expires. A request for a taken address can never take effect,
 * even if the address becomes free later. An unverified registration does not block an address: it is
 * removed when the link proves that the mailbox belongs to this user. Throws `validation_failed`,
 * `too_many_attempts`, and what reauthenticate throws.
 */
export async function requestEmailChange(
  deps: Deps,
  principal: Principal,
  { newEmail, proof }: { newEmail: EmailAddress; proof: Proof },
): Promise<void> {
  const { account, unchanged } = await reauthenticate(deps, principal, proof)
  if (newEmail.key === account.emailKey) {
    const message = 'This is already your address'
    throw invalidFields([{ path: 'new_email', code: 'email_unchanged', message }])
  }
  // Otherwise one account could send email to any number of addresses.
  const place = await reserveMailBy(deps, principal.subject)
  if (!place.allowed) throw new DomainError('too_many_attempts', { retryAfter: place.retryAfter })
  if (!(await reserveMail(deps, newEmail.key, 'change_email'))) return

  const { id, email } = account.user
  const mailId = randomId()
  const ttl = deps.config.VERIFY_EMAIL_TTL_SECONDS
  const token = await newToken(deps, 'confirm_email_change', mailId, ttl)
  const usable = {
    onlyIf: isFreeAddress(deps, newEmail.key, id, isPendingRegistration),
    deadHash: await mailTokenHash(randomId()),
  }
  await commit(deps, {
    preconditions: [unchanged],
    change: [
      revokeTokens(deps, id, ['confirm_email_change']),
      storeToken(deps, token, and(eq(users.id, id), eq(users.email, email)), {
        email: newEmail.email,
        usable,
      }),
    ],
    audit: [{ event: 'user.email_change_requested', actor: id, target: id, data: {} }],
    // Written for a taken address too: its token is not stored, so the mail consumer drops it.
    outbox: [tokenMail(deps, mailId, principal.subject, 'confirm-email-change')],
  })
}
