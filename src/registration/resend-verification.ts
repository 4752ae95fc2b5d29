import { and, eq, isNotNull, sql } from 'drizzle-orm'
import { commit } from '../commit/commit'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { tokenMail } from '../mail/messages'
import { countMailRequest } from '../one-time-tokens/one-time-token'
import { users } from '../tables/users'
import { reserveMail, reserveMailFrom, reserveSignInMailFrom } from '../throttle/reserve'
import type { EmailAddress } from '../users/email-address'
import { storeVerification } from './verification-links'

/**
 * Emails a new verification link to a pending account. Leaves out accounts without a password: once
 * verified, nobody could sign in to them, and their invitation would no longer work. Returns
 * nothing and runs the same statements for every address, so neither the response nor its timing
 * reveals whether there is an account.
 */
export async function resendVerification(deps: Deps, email: EmailAddress): Promise<void> {
  // The same for every address: first the network's budget, then the address's.
  if (!(await reserveMailFrom(deps)).allowed) return
  await mailVerification(deps, email)
}

/**
 * The same after a sign-in with the correct password of a pending account, which must look like a
 * wrong password. It has its own budget for each network: using the other one would show at the
 * network's next registration.
 */
export async function mailVerificationAtSignIn(deps: Deps, email: EmailAddress): Promise<void> {
  if (!(await reserveSignInMailFrom(deps)).allowed) return
  await mailVerification(deps, email)
}

async function mailVerification(deps: Deps, email: EmailAddress): Promise<void> {
  if (!(await reserveMail(deps, email.key, 'verify_email'))) return
  const isPending = and(
    eq(users.emailKey, email.key),
    eq(users.status, 'pending'),
    isNotNull(users.hashedPassword),
  )
  const mailId = randomId()
  const links = await storeVerification(deps, mailId, isPending)
  const onlyIf = sql`EXISTS (SELECT 1 FROM ${users} WHERE ${isPending})`
  await commit(deps, {
    change: [countMailRequest(deps, 'verify_email'), ...links],
    audit: [
      {
        event: 'user.verification_resent',
        actor: null,
        target: { emailKey: email.key },
        data: {},
        onlyIf,
      },
    ],
    outbox: [
      {
        ...tokenMail(
          deps,
          mailId,
          sql`(SELECT ${users.subject} FROM ${users} WHERE ${isPending})`,
          'verify-email',
        ),
        onlyIf,
      },
    ],
  })
}
