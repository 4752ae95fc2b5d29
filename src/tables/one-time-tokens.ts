import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { TOKEN_PURPOSES } from '../crypto/mail-token'
import { users } from './users'
import type { EncryptedColumn } from './encrypted-column'

/** Outstanding mailed tokens. Only the SHA-256 is here; the token is derived when the mail is made. */
export const oneTimeTokens = sqliteTable(
  'one_time_tokens',
  {
    hash: text('hash').primaryKey().notNull(),
    purpose: text('purpose', { enum: TOKEN_PURPOSES }).notNull(),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** The address that the token vouches for. */
    email: text('email').notNull(),
    /** Compared form of an address that this token may bring back: nobody else can have it. */
    reservedKey: text('reserved_key'),
    /** The TOKEN_KEYS entry it was derived from: a dropped key ends its tokens. */
    keyId: text('key_id').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    /** The credentials it was asked for under, and ends with. Null: it outlives them. */
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
 * In a query over tokens and their users: the token still stands. A deactivated account can be changed
 * by no link, and what was asked for under older credentials has ended with them.
 */
export const isStanding = sql`${users.status} <> 'deactivated'
  AND coalesce(${oneTimeTokens.credentialVersion}, ${users.credentialVersion}) = ${users.credentialVersion}`

/** Addresses that users have given up, encrypted (former-addresses.ts). */
export const formerAddresses = sqliteTable(
  'former_addresses',
  {
    /** Begins with its millisecond, as ids of events do. */
    id: text('id').primaryKey().notNull(),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    address: text('address').notNull(),
    givenUpAt: integer('given_up_at').notNull(),
  },
  (t) => [index('former_addresses_user').on(t.userId)],
)

/** Requests for mails by day, known addresses or not. */
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
