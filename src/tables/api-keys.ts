import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { permissions } from './rbac'

/** API keys, which act on behalf of their maker. Stores only the SHA-256 of the secret. Times in ms. */
export const apiKeys = sqliteTable(
  'api_keys',
  {
    id: text('id').primaryKey().notNull(),
    name: text('name').notNull(),
    secretHash: text('secret_hash').notNull(),
    /** Null once the maker has been erased. */
    makerSubject: text('maker_subject'),
    madeBy: integer('made_by').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    lastUsedAt: integer('last_used_at'),
    revokedAt: integer('revoked_at'),
  },
  (t) => [
    index('api_keys_newest').on(t.createdAt, t.id),
    index('api_keys_expiry').on(t.expiresAt),
    index('api_keys_maker')
      .on(t.makerSubject)
      .where(sql`maker_subject IS NOT NULL`),
  ],
)

/** The scopes of a key. Its effective permissions are those that its maker holds now. */
export const apiKeyPermissions = sqliteTable(
  'api_key_permissions',
  {
    apiKeyId: text('api_key_id')
      .notNull()
      .references(() => apiKeys.id, { onDelete: 'cascade' }),
    permissionId: integer('permission_id')
      .notNull()
      .references(() => permissions.id, { onDelete: 'cascade' }),
  },
  (t) => [
    primaryKey({ columns: [t.apiKeyId, t.permissionId] }),
    index('api_key_permissions_permission').on(t.permissionId),
  ],
)
