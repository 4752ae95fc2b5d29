/**
 * Every mail the product sends: a closed list. A mail is an outbox row; its payload holds ids and
 * circumstances, never a token or an address. Where the recipient is not the account's own address,
 * the token that the mail carries names it.
 */
import type { SQL } from 'drizzle-orm'
import type { Notice } from '../config'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import type { TokenPurpose } from '../crypto/mail-token'
import type { OutboxEntry } from '../db/commit'

export type MailName =
  | Notice
  | 'verify-email'
  | 'account-exists'
  | 'reset-password'
  | 'confirm-email-change'

/** When and from where that happened of which a notice tells. */
export interface Circumstances {
  readonly at: number
  readonly country: string | null
  readonly user_agent: string | null
}

export interface MailPayload {
  readonly mail: MailName
  /** The TOKEN_KEYS entry that the mail's tokens are derived from. */
  readonly key_id?: string
  readonly circumstances?: Circumstances
}

/** The one-time tokens that a mail carries; it is dropped when the first of them has gone. */
export const TOKENS_OF: Partial<Record<MailName, readonly TokenPurpose[]>> = {
  'verify-email': ['verify_email', 'decline_registration'],
  'reset-password': ['reset_password'],
  'confirm-email-change': ['confirm_email_change'],
  'email-changed': ['undo_email_change'],
}

/** The outbox row of a mail that carries tokens, which were made for the same row id. */
export const tokenMail = (
  deps: Deps,
  id: string,
  subject: string | SQL,
  mail: MailName,
): OutboxEntry => ({
  id,
  kind: 'mail',
  subject,
  payload: { mail, key_id: deps.config.TOKEN_KEYS.ids[0] } satisfies MailPayload,
})

/** The outbox row of a notice about what is being done now, or nothing when it is switched off. */
export function notice(deps: Deps, subject: string, mail: Notice): OutboxEntry[] {
  if (deps.config.MAILS_OFF.includes(mail)) return []
  const { country, userAgent: user_agent } = deps.client
  const circumstances: Circumstances = { at: deps.now, country, user_agent }
  const payload: MailPayload = { mail, circumstances }
  return [{ id: randomId(), kind: 'mail', subject, payload: { ...payload } }]
}
