/**
 * Every email that the product sends: a closed list. An email is an outbox row. Its payload holds
 * ids and request metadata, never a token, and never an address in plain text. If the recipient is
 * not the account's own address, it is read from the token that the email carries.
 */
import type { SQL } from 'drizzle-orm'
import type { OutboxEntry } from '../commit/commit'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { encrypt } from '../crypto/encrypt'
import type { TokenPurpose } from '../crypto/mail-token'
import type { NotificationName } from '../notifications'
import { aadOf } from '../tables/encrypted-column'
import { MAIL_RECIPIENT } from '../tables/outbox'

export type MailName =
  | NotificationName
  | 'verify-email'
  | 'account-exists'
  | 'reset-password'
  | 'confirm-email-change'
  | 'accept-invitation'
  | 'email-set-by-admin'
  | 'email-change-undone'
  | 'email-moved-back'
  | 'account-erased'

/** When and from where the event happened that a notification is about. */
export interface RequestMetadata {
  readonly at: number
  readonly country: string | null
  readonly user_agent: string | null
}

/** What a notification is about: names and ids as they were then, never a secret or an address. */
export type NotificationDetails =
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
      /** What was changed; null when the webhook was created. */
      readonly change: 'url' | 'secret' | 'enabled' | null
    }
  | {
      readonly about: 'rights'
      /** The roles, or the permissions if a role was defined. */
      readonly given: readonly string[]
      /** The user who received them, if it is one existing user. */
      readonly user_id: number | null
      readonly api_key_id: string | null
      /**
       * They were restored by activating an account. Emails queued by older versions do not say.
       */
      readonly is_activation?: boolean
    }

export interface Undo {
  readonly passkey?: string
  readonly device?: string
  readonly expires: number
}

export interface MailPayload {
  readonly mail: MailName
  /** The TOKEN_KEYS entry that the mail's tokens are derived from. */
  readonly key_id?: string
  /** Has kept the name under which rows of earlier releases hold it. */
  readonly circumstances?: RequestMetadata
  readonly details?: NotificationDetails
  /** The sign-in method that the email's link removes, and until when (ms). */
  readonly undo?: Undo
  /** The encrypted Recipient, for an address that no row holds any more when the email is built. */
  readonly recipient?: string
}

/** Has no name, because no row is left that shows whether the address was verified. */
export interface Recipient {
  readonly email: string
  readonly language: string
}

/**
 * Emails to addresses that are not verified. Whoever requested them chose the address and the name
 * of the account, so these emails contain only our own text (as does any other email to such an
 * address).
 */
export const TO_UNPROVED: ReadonlySet<MailName> = new Set([
  'verify-email',
  'account-exists',
  'confirm-email-change',
  'accept-invitation',
])

/**
 * The one-time tokens that an email carries. It is dropped when the first of them no longer exists.
 */
export const TOKENS_OF: Partial<Record<MailName, readonly TokenPurpose[]>> = {
  'verify-email': ['verify_email', 'decline_registration'],
  'reset-password': ['reset_password'],
  'confirm-email-change': ['confirm_email_change'],
  'email-changed': ['undo_email_change'],
  'accept-invitation': ['accept_invitation'],
}

/**
 * Returns the outbox row of an email with tokens, which must have been created for the same row id.
 */
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

/** Returns the metadata of the current request. */
export const requestMetadataOf = ({ now, client }: Deps): RequestMetadata => ({
  at: now,
  country: client.country,
  user_agent: client.userAgent,
})

/**
 * Returns the outbox row of a notification about the current action, or nothing when it is switched
 * off.
 */
export function notification(
  deps: Deps,
  subject: string | SQL,
  mail: NotificationName,
  details?: NotificationDetails,
  more: Pick<MailPayload, 'undo'> = {},
): OutboxEntry[] {
  if (deps.config.MAILS_OFF.includes(mail)) return []
  const payload: MailPayload = {
    mail,
    circumstances: requestMetadataOf(deps),
    ...(details && { details }),
    ...more,
  }
  return [{ id: randomId(), kind: 'mail', subject, payload: { ...payload } }]
}

/** The part of a payload by which the email gets a link that removes what was added. */
export const undoing = (
  { now, config }: Deps,
  added: Pick<Undo, 'passkey' | 'device'>,
): { undo: Undo } => ({
  undo: { ...added, expires: now + config.UNDO_SIGN_IN_METHOD_TTL_SECONDS * 1000 },
})

/** The same about an action of another user: it does not say when and from where. */
export const notificationOfOthers = (
  deps: Deps,
  subject: string,
  mail: NotificationName,
): OutboxEntry[] =>
  deps.config.MAILS_OFF.includes(mail)
    ? []
    : [{ id: randomId(), kind: 'mail', subject, payload: { mail } satisfies MailPayload }]

/**
 * Returns the outbox row of a notification to an address that the change removes. It is encrypted
 * until the email is sent.
 */
export async function addressedMail(
  deps: Deps,
  mail: MailName,
  { email, language }: Recipient,
): Promise<OutboxEntry> {
  const id = randomId()
  const recipient: Recipient = { email, language }
  const payload: MailPayload = {
    mail,
    recipient: await encrypt(
      deps.config.DATA_KEYS,
      aadOf(MAIL_RECIPIENT, id),
      JSON.stringify(recipient),
    ),
  }
  return { id, kind: 'mail', subject: null, payload: { ...payload } }
}
