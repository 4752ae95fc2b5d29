import type { Deps } from '../context'
import type { OutboxRow } from '../tables/outbox'
import { composeMail } from './compose'
import { mailTransport } from './transports/choose'

/**
 * Performs a mail row: made anew from the row each time, so that a retry is the same mail. Returns
 * quietly when the mail is not due any more. Throws the transport's MailError.
 */
export async function sendMail(deps: Deps, row: OutboxRow): Promise<void> {
  const mail = await composeMail(deps, row)
  if (mail) await mailTransport(deps.config, deps.env).send(mail)
}
