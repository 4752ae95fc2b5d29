/**
 * Every mail the product sends: a closed list. A mail is an outbox row; its payload holds ids, never
 * a token, and an address only where no row will hold it when the mail is made, encrypted.
 */
import type { SQL } from 'drizzle-orm'
import type { TokenPurpose } from '../crypto/mail-token'
import type { OutboxEntry } from '../db/commit'

export type MailName = 'verify-email'

export interface MailPayload {
  readonly mail: MailName
  /** The TOKEN_KEYS entry that the mail's tokens are derived from. */
  readonly key_id: string
}

/** The one-time tokens that a mail carries; it is dropped when the first of them has gone. */
export const TOKENS_OF = {
  'verify-email': ['verify_email', 'decline_registration'],
} as const satisfies Record<MailName, readonly TokenPurpose[]>

/** The outbox row of a mail to a user. */
export const mailEntry = (
  id: string,
  subject: string | SQL,
  payload: MailPayload,
): OutboxEntry & { id: string } => ({ id, kind: 'mail', subject, payload: { ...payload } })
