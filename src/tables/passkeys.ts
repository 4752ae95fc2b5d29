import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { users } from './users'

/** Passkeys. The user's object keeps their counters, last uses and removals (passkey-store.ts). */
export const passkeys = sqliteTable(
  'passkeys',
  {
    id: text('id').primaryKey().notNull(),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** base64url, chosen by the authenticator. */
    credentialId: text('credential_id').notNull().unique(),
    /** A JWK as JSON text. */
    publicKey: text('public_key').notNull(),
    /** COSE algorithm identifier. */
    algorithm: integer('algorithm').notNull(),
    rpId: text('rp_id').notNull(),
    name: text('name').notNull(),
    aaguid: text('aaguid').notNull(),
    /** A JSON array of AuthenticatorTransport. */
    transports: text('transports').notNull(),
    /** The counter at creation. */
    signCount: integer('sign_count').notNull(),
    isBackupEligible: integer('is_backup_eligible', { mode: 'boolean' }).notNull(),
    isBackedUp: integer('is_backed_up', { mode: 'boolean' }).notNull(),
    /** At creation. A password manager may make a passkey unseen that never verifies its user. */
    isUserVerified: integer('is_user_verified', { mode: 'boolean' }).notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [index('passkeys_user').on(t.userId), index('passkeys_rp').on(t.rpId)],
)
