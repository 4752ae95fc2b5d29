import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { TOKEN_PURPOSES } from '../crypto/mail-token'
import type { EncryptedColumn } from './encrypted-column'
import { users } from './users'

/** Unused emailed tokens. Stores only the SHA-256; the token is derived when the email is written. */
export const oneTimeTokens = sqliteTable(
  'one_time_tokens',
  {
    hash: text('hash').primaryKey().notNull(),
    purpose: text('purpose', { enum: TOKEN_PURPOSES }).notNull(),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** The address that the token proves. */
    email: text('email').notNull(),
    /**
     * An address that this token can restore, in the form used for comparison. Nobody else can get
     * it.
     */
    reservedKey: text('reserved_key'),
    /** The TOKEN_KEYS entry it was derived from. Dropping the key revokes the token. */
    keyId: text('key_id').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    /** The version of the credentials it was requested with. A change revokes it. Null: it does not. */
    credentialVersion: integer('credential_version'),
  },
  (t) => [
    index('one_time_tokens_user').on(t.userId, t.purpose),
    index('one_time_tokens_expiry').on(t.expiresAt),
    index('one_time_tokens_begun')
      .on(t.createdAt)
      .where(sql`credential_version IS NOT NULL`),
    index('one_time_tokens_reserved')
      .on(t.reservedKey)
      .where(sql`reserved_key IS NOT NULL`),
  ],
)

/**
 * For a query of tokens joined with their users: the token is still valid. No link can change a
 * deactivated account, and a token that was requested with older credentials is revoked.
 */
export const isStanding = sql`${users.status} <> 'deactivated'
  AND coalesce(${oneTimeTokens.credentialVersion}, ${users.credentialVersion}) = ${users.credentialVersion}`

/** Users' previous addresses, encrypted (users/former-addresses.ts). */
export const formerAddresses = sqliteTable(
  'former_addresses',
  {
    /** Starts with the time in milliseconds, like the ids of events. */
    id: text('id').primaryKey().notNull(),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    address: text('address').notNull(),
    givenUpAt: integer('given_up_at').notNull(),
  },
  (t) => [index('former_addresses_user').on(t.userId)],
)

/** Requests for emails by day, for known and unknown addresses. */
export const mailRequests = sqliteTable(
  'mail_requests',
  {
    day: integer('day').notNull(),
    purpose: text('purpose').notNull(),
    requests: integer('requests').notNull(),
  },
  (t) => [primaryKey({ columns: [t.day, t.purpose] })],
)

export const FORMER_ADDRESS = {
  table: 'former_addresses',
  column: 'address',
  rowKey: 'id',
  countedAs: 'former_addresses',
} as const satisfies EncryptedColumn
