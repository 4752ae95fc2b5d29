import { sql } from 'drizzle-orm'
import {
  type AnySQLiteColumn,
  index,
  integer,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import type { EncryptedColumn } from './encrypted-column'

export const ACCOUNT_STATUSES = ['pending', 'active', 'deactivated'] as const
export type AccountStatus = (typeof ACCOUNT_STATUSES)[number]

/** One row per account. Times in milliseconds. `subject` is the 128-bit name of the user's object. */
export const users = sqliteTable(
  'users',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    subject: text('subject').notNull(),
    /** The address that email is sent to, in canonical form. */
    email: text('email').notNull(),
    /** The address in the form used for comparison; unique. See users/email-address.ts. */
    emailKey: text('email_key').notNull(),
    fullName: text('full_name').notNull(),
    /** Null: no password works (invited, or voided when an email change was undone). */
    hashedPassword: text('hashed_password'),
    passwordChangedAt: integer('password_changed_at'),
    passwordExpiresAt: integer('password_expires_at'),
    bio: text('bio'),
    avatarUrl: text('avatar_url'),
    preferences: text('preferences').notNull().default('{}'),
    language: text('language').notNull().default('en'),
    emailVerifiedAt: integer('email_verified_at'),
    deactivatedAt: integer('deactivated_at'),
    status: text('status', { enum: ACCOUNT_STATUSES })
      .notNull()
      .generatedAlwaysAs(sql`CASE`, { mode: 'virtual' }),
    /** Encrypted (crypto/encrypt.ts), like the pending one. */
    totpSecret: text('two_factor_secret'),
    secondFactorEnabledAt: integer('two_factor_enabled_at'),
    totpPendingSecret: text('two_factor_pending_secret'),
    totpPendingUntil: integer('two_factor_pending_until'),
    /** Raised by every change of password, status, second factor, roles or password expiry. */
    authVersion: integer('auth_version').notNull().default(1),
    /** Raised by the changes that revoke sessions. */
    credentialVersion: integer('credential_version').notNull().default(1),
    homeRegion: text('home_region').$type<DurableObjectLocationHint>(),
    signupSource: text('origin', {
      enum: ['registered', 'invited', 'imported', 'setup'],
    }).notNull(),
    invitedBy: integer('invited_by').references((): AnySQLiteColumn => users.id, {
      onDelete: 'set null',
    }),
    lastSignInAt: integer('last_login_at'),
    signInCount: integer('login_count').notNull().default(0),
    lastActiveDay: integer('last_active_day'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    /**
     * The rowid in the search index. It can exceed a safe integer in JavaScript: use it in SQL
     * only.
     */
    searchRowid: integer('search_rowid')
      .notNull()
      .generatedAlwaysAs(sql`0`, { mode: 'virtual' }),
    /** As the search index stores them: letters without accents. */
    foldedEmail: text('folded_email')
      .notNull()
      .generatedAlwaysAs(sql`''`, { mode: 'virtual' }),
    foldedName: text('folded_name')
      .notNull()
      .generatedAlwaysAs(sql`''`, { mode: 'virtual' }),
    /** The hash of a voided password, kept until a new one is set, which must differ from it. */
    voidedPassword: text('voided_password'),
  },
  (t) => [
    uniqueIndex('users_subject').on(t.subject),
    uniqueIndex('users_email_key').on(t.emailKey),
    index('users_status_email').on(t.status, t.emailKey, t.id),
    index('users_status_name').on(t.status, t.fullName, t.id),
    index('users_two_factor_secret')
      .on(t.totpSecret)
      .where(sql`two_factor_secret IS NOT NULL`),
    index('users_two_factor_pending')
      .on(t.totpPendingSecret)
      .where(sql`two_factor_pending_secret IS NOT NULL`),
    index('users_deactivated_registrations')
      .on(t.deactivatedAt)
      .where(
        sql`origin = 'registered' AND email_verified_at IS NULL AND deactivated_at IS NOT NULL`,
      ),
    index('users_invited_by')
      .on(t.invitedBy)
      .where(sql`invited_by IS NOT NULL`),
  ],
)

export const TOTP_SECRET = {
  table: 'users',
  column: 'two_factor_secret',
  rowKey: 'subject',
  countedAs: 'two_factor',
} as const satisfies EncryptedColumn

export const TOTP_PENDING_SECRET = {
  table: 'users',
  column: 'two_factor_pending_secret',
  rowKey: 'subject',
  countedAs: 'two_factor',
} as const satisfies EncryptedColumn
