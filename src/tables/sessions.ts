import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { EncryptedColumn } from './encrypted-column'
import { users } from './users'

/**
 * An index of sessions for clean-up, admins and counts, maintained by events. It never decides
 * whether a session is valid.
 */
export const userSessions = /* @__PURE__ */ sqliteTable(
  'user_sessions',
  (t) => ({
    id: t.text('id').primaryKey().notNull(),
    userId: t
      .integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    createdAt: t.integer('created_at').notNull(),
    expiresAt: t.integer('expires_at').notNull(),
  }),
  (t) => [index('user_sessions_user').on(t.userId), index('user_sessions_expiry').on(t.expiresAt)],
)

/**
 * Key pairs that sign tokens: ES256 for access tokens, RS256 for ID tokens and logout tokens. The private key
 * is encrypted.
 */
export const signingKeys = sqliteTable('signing_keys', {
  kid: text('kid').primaryKey().notNull(),
  publicJwk: text('public_jwk').notNull(),
  privateKey: text('private_key').notNull(),
  createdAt: integer('created_at').notNull(),
  signsFrom: integer('signs_from').notNull(),
  signsUntil: integer('signs_until').notNull(),
  publishedUntil: integer('published_until').notNull(),
  alg: text('alg', { enum: ['ES256', 'RS256'] })
    .notNull()
    .default('ES256'),
})

export const PRIVATE_KEY = {
  table: 'signing_keys',
  column: 'private_key',
  rowKey: 'kid',
  countedAs: 'signing_keys',
} as const satisfies EncryptedColumn
