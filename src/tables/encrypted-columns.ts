/** Every encrypted column of D1. `test/secrets-at-rest.test.ts` fails when one is missing. */
import { SECTOR_SALT } from './apps'
import type { EncryptedColumn } from './encrypted-column'
import { FORMER_ADDRESS } from './one-time-tokens'
import { MAIL_RECIPIENT, FORGOTTEN_ADDRESS } from './outbox'
import { PRIVATE_KEY } from './sessions'
import { TOTP_PENDING_SECRET, TOTP_SECRET } from './users'
import { WEBHOOK_PREVIOUS_SECRET, WEBHOOK_SECRET } from './webhooks'

export const ENCRYPTED_COLUMNS: readonly EncryptedColumn[] = [
  TOTP_SECRET,
  TOTP_PENDING_SECRET,
  PRIVATE_KEY,
  WEBHOOK_SECRET,
  WEBHOOK_PREVIOUS_SECRET,
  FORMER_ADDRESS,
  MAIL_RECIPIENT,
  FORGOTTEN_ADDRESS,
  SECTOR_SALT,
]
