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
import { lock } from '../crypto/encrypt'
import type { OutboxEntry } from '../commit/commit'
import { aadOf } from '../tables/encrypted-column'
import { MAIL_RECIPIENT } from '../tables/outbox'

export type MailName =
  | Notice
  | 'verify-email'
  | 'account-exists'
  | 'reset-password'
  | 'confirm-email-change'
  | 'accept-invitation'
  | 'email-set-by-admin'
  | 'email-change-undone'
  | 'email-moved-back'
  | 'account-erased'

/** When and from where that happened of which a notice tells. */
export interface Circumstances {
  readonly at: number
  readonly country: string | null
  readonly user_agent: string | null
}

/** What a notice is about: names and ids as they were, never a secret or an address. */
export type NoticeDetails =
  | {
      readonly about: 'api_key'
      readonly name: string
      readonly permissions: readonly string[]
      /** Milliseconds since the epoch. */
      readonly expires_at: number
    }
  | {
      readonly about: 'webhook'
      readonly host: string
      /** What was done to it; null when it was made. */
      readonly change: 'url' | 'secret' | 'enabled' | null
    }
  | {
      readonly about: 'rights'
      /** Roles, or of a role that was defined the permissions. */
      readonly given: readonly string[]
      /** To whom, where it is one user who is there already. */
      readonly user_id: number | null
      readonly api_key_id: string | null
      /** They came back with an account that was activated. Mails of older versions do not say. */
      readonly is_activation?: boolean
    }

export interface MailPayload {
  readonly mail: MailName
  /** The TOKEN_KEYS entry that the mail's tokens are derived from. */
  readonly key_id?: string
  readonly circumstances?: Circumstances
  readonly details?: NoticeDetails
  /** Encrypted Recipient, for an address that no row will hold when the mail is made. */
  readonly recipient?: string
}

/** Without a name: no row is left that tells whether the address was proved. */
export interface Recipient {
  readonly email: string
  readonly language: string
}

/**
 * Mails to addresses that nobody has proved yet. Whoever asked for them chose the address and the name
 * of the account, so they carry no text but ours (and neither does any other mail to such an address).
 */
export const TO_UNPROVED: ReadonlySet<MailName> = new Set([
  'verify-email',
  'account-exists',
  'confirm-email-change',
  'accept-invitation',
])

/** The one-time tokens that a mail carries; it is dropped when the first of them has gone. */
export const TOKENS_OF: Partial<Record<MailName, readonly TokenPurpose[]>> = {
  'verify-email': ['verify_email', 'decline_registration'],
  'reset-password': ['reset_password'],
  'confirm-email-change': ['confirm_email_change'],
  'email-changed': ['undo_email_change'],
  'accept-invitation': ['accept_invitation'],
}

/** The outbox row of a mail that carries tokens, which were made for the same row id. */
export const tokenMail = (
  deps: Deps,
  id: string,
  subject: string | SQL,
  mail: MailName,
  more: Pick<MailPayload, 'circumstances'> = {},
): OutboxEntry => ({
  id,
  kind: 'mail',
  subject,
  payload: { mail, key_id: deps.config.TOKEN_KEYS.ids[0], ...more } satisfies MailPayload,
})

/** When and from where what is being done now is done. */
export const circumstancesOf = ({ now, client }: Deps): Circumstances => ({
  at: now,
  country: client.country,
  user_agent: client.userAgent,
})

/** The outbox row of a notice about what is being done now, or nothing when it is switched off. */
export function notice(
  deps: Deps,
  subject: string | SQL,
  mail: Notice,
  details?: NoticeDetails,
): OutboxEntry[] {
  if (deps.config.MAILS_OFF.includes(mail)) return []
  const payload: MailPayload = {
    mail,
    circumstances: circumstancesOf(deps),
    ...(details && { details }),
  }
  return [{ id: randomId(), kind: 'mail', subject, payload: { ...payload } }]
}

/** The same about what somebody else did: it does not say when and from where. */
export const noticeOfOthers = (deps: Deps, subject: string, mail: Notice): OutboxEntry[] =>
  deps.config.MAILS_OFF.includes(mail)
    ? []
    : [{ id: randomId(), kind: 'mail', subject, payload: { mail } satisfies MailPayload }]

/** The outbox row of a notice to an address that the change takes away, kept encrypted until it is sent. */
export async function addressedMail(
  deps: Deps,
  mail: MailName,
  { email, language }: Recipient,
): Promise<OutboxEntry> {
  const id = randomId()
  const recipient: Recipient = { email, language }
  const payload: MailPayload = {
    mail,
    recipient: await lock(
      deps.config.DATA_KEYS,
      aadOf(MAIL_RECIPIENT, id),
      JSON.stringify(recipient),
    ),
  }
  return { id, kind: 'mail', subject: null, payload: { ...payload } }
}
