/**
 * Emailed one-time tokens. A token is HMAC(outbox row's random id, purpose) under a key of
 * TOKEN_KEYS; D1 stores only its SHA-256. The mail consumer derives the same token from the row, so
 * a retried email contains the same link, and a usable token is never stored.
 */
import { sha256, toBase64Url, utf8 } from './encoding'
import type { KeyRing } from './key-ring'

export const TOKEN_PURPOSES = [
  'verify_email',
  'decline_registration',
  'reset_password',
  'confirm_email_change',
  'undo_email_change',
  'accept_invitation',
] as const
export type TokenPurpose = (typeof TOKEN_PURPOSES)[number]

/** The token of one email and purpose (43 characters); undefined if its key has been dropped. */
export async function mailToken(
  keys: KeyRing,
  keyId: string,
  purpose: TokenPurpose,
  outboxId: string,
): Promise<string | undefined> {
  const key = await keys.hmac(keyId, `mail-token/${purpose}`)
  return key && toBase64Url(await crypto.subtle.sign('HMAC', key, utf8(outboxId)))
}

/** What is stored and looked up instead of the token. */
export const mailTokenHash = (token: string): Promise<string> => sha256(token)
