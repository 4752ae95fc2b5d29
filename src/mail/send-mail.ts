import type { Deps } from '../context'
import type { OutboxRow } from '../tables/outbox'
import { composeMail } from './compose'
import { mailTransport } from './transports/choose'

/**
 * Performs an email row. The email is built from the row on every attempt, so a retry sends the
 * same one. Returns without sending when the email is no longer due. Throws the transport's
 * MailError.
 */
export async function sendMail(deps: Deps, row: OutboxRow): Promise<void> {
  const mail = await composeMail(deps, row)
  if (mail) await mailTransport(deps.config, deps.env).send(mail)
}
