import { and, eq, sql } from 'drizzle-orm'
import { commit } from '../commit/commit'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { tokenMail } from '../mail/messages'
import { countMailRequest, newToken, storeToken } from '../one-time-tokens/one-time-token'
import { users } from '../tables/users'
import { reserveMail, reserveMailFrom } from '../throttle/reserve'
import type { EmailAddress } from '../users/email-address'
import { mayReset } from './reset-password'

/**
 * Emails a link to choose a new password. Returns nothing and runs the same statements for every
 * address, so neither the response nor its timing reveals whether there is an account.
 */
export async function requestPasswordReset(deps: Deps, email: EmailAddress): Promise<void> {
  // The same for every address: first the network's budget, then the address's.
  if (!(await reserveMailFrom(deps)).allowed) return
  if (!(await reserveMail(deps, email.key, 'reset_password'))) return
  // A pending account can be activated by a reset too: the email proves the address.
  const isUser = and(eq(users.emailKey, email.key), mayReset)
  const mailId = randomId()
  const ttl = deps.config.RESET_PASSWORD_TTL_SECONDS
  const token = await newToken(deps, 'reset_password', mailId, ttl)
  const onlyIf = sql`EXISTS (SELECT 1 FROM ${users} WHERE ${isUser})`
  const subject = sql`(SELECT ${users.subject} FROM ${users} WHERE ${isUser})`
  await commit(deps, {
    change: [countMailRequest(deps, 'reset_password'), storeToken(deps, token, isUser)],
    audit: [
      {
        event: 'user.password_reset_requested',
        actor: null,
        target: { emailKey: email.key },
        data: {},
        onlyIf,
      },
    ],
    outbox: [{ ...tokenMail(deps, mailId, subject, 'reset-password'), onlyIf }],
  })
}
