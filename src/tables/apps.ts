import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { EncryptedColumn } from './encrypted-column'
import { users } from './users'

export const APP_KINDS = ['web', 'spa', 'native', 'machine'] as const
export const APP_AUTH_METHODS = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
] as const
export const PKCE_MODES = ['required', 'optional'] as const
export const ID_TOKEN_ALGS = ['RS256', 'ES256'] as const

/** The sector that all first-party apps share. */
export const FIRST_PARTY_SECTOR = 'first_party'
/** The sector of apps that come with a metadata document. Their client id makes their `sub` differ. */
export const METADATA_SECTOR = 'metadata'

/** Apps of one sector know a user by the same `sub`. The salt is encrypted and never changes. */
export const sectors = sqliteTable('sectors', {
  id: text('id').primaryKey().notNull(),
  salt: text('salt').notNull(),
  createdAt: integer('created_at').notNull(),
})

export const SECTOR_SALT = {
  table: 'sectors',
  column: 'salt',
  rowKey: 'id',
  countedAs: 'sectors',
} as const satisfies EncryptedColumn

/** OAuth clients. Secrets are hashed. Apps with the source `metadata` come with a client id metadata document. */
export const apps = /* @__PURE__ */ sqliteTable(
  'apps',
  (t) => ({
    clientId: t.text('client_id').primaryKey().notNull(),
    source: t
      .text('source', { enum: ['admin', 'metadata'] })
      .notNull()
      .default('admin'),
    name: t.text('name').notNull(),
    kind: t.text('kind', { enum: APP_KINDS }).notNull(),
    authMethod: t.text('auth_method', { enum: APP_AUTH_METHODS }).notNull(),
    secretHash: t.text('secret_hash'),
    previousSecretHash: t.text('previous_secret_hash'),
    previousSecretUntil: t.integer('previous_secret_until'),
    jwks: t.text('jwks', { mode: 'json' }).$type<{ keys: JsonWebKey[] }>(),
    redirectUris: t.text('redirect_uris', { mode: 'json' }).$type<string[]>().notNull().default([]),
    postLogoutRedirectUris: t
      .text('post_logout_redirect_uris', { mode: 'json' })
      .$type<string[]>()
      .notNull()
      .default([]),
    backchannelLogoutUri: t.text('backchannel_logout_uri'),
    logoutPausedUntil: t.integer('logout_paused_until'),
    initiateLoginUri: t.text('initiate_login_uri'),
    scopes: t.text('scopes', { mode: 'json' }).$type<string[]>().notNull().default([]),
    resources: t.text('resources', { mode: 'json' }).$type<string[]>().notNull().default([]),
    isFirstParty: t.integer('first_party', { mode: 'boolean' }).notNull(),
    pkce: t.text('pkce', { enum: PKCE_MODES }).notNull().default('required'),
    idTokenAlg: t.text('id_token_alg', { enum: ID_TOKEN_ALGS }).notNull().default('RS256'),
    sectorId: t
      .text('sector_id')
      .notNull()
      .references(() => sectors.id, { onDelete: 'restrict' }),
    allowsDeviceFlow: t.integer('device_flow', { mode: 'boolean' }).notNull().default(false),
    requiredPermission: t.text('required_permission'),
    logoUri: t.text('logo_uri'),
    policyUri: t.text('policy_uri'),
    tosUri: t.text('tos_uri'),
    disabledAt: t.integer('disabled_at'),
    createdBy: t.integer('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: t.integer('created_at').notNull(),
    updatedAt: t.integer('updated_at').notNull(),
  }),
  (t) => [
    index('apps_created_by')
      .on(t.createdBy)
      .where(sql`created_by IS NOT NULL`),
  ],
)
export type AppRow = typeof apps.$inferSelect

/** The shortest and the longest lifetime of an app's access token, in seconds. */
export const APP_TOKEN_SECONDS = { min: 600, max: 3600 } as const

/** APIs that apps call: the audiences of access tokens (RFC 8707). */
export const resources = /* @__PURE__ */ sqliteTable(
  'resources',
  (t) => ({
    id: t.text('id').primaryKey().notNull(),
    identifier: t.text('identifier').notNull().unique(),
    name: t.text('name').notNull(),
    tokenTtlSeconds: t.integer('token_ttl_seconds').notNull(),
    isOpenToMetadataApps: t
      .integer('open_to_metadata_apps', { mode: 'boolean' })
      .notNull()
      .default(false),
    secretHash: t.text('secret_hash'),
    previousSecretHash: t.text('previous_secret_hash'),
    previousSecretUntil: t.integer('previous_secret_until'),
    createdBy: t.integer('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: t.integer('created_at').notNull(),
  }),
  (t) => [
    index('resources_created_by')
      .on(t.createdBy)
      .where(sql`created_by IS NOT NULL`),
  ],
)
export type ResourceRow = typeof resources.$inferSelect

export const scopes = /* @__PURE__ */ sqliteTable(
  'scopes',
  (t) => ({
    resourceId: t
      .text('resource_id')
      .notNull()
      .references(() => resources.id, { onDelete: 'cascade' }),
    name: t.text('name').notNull(),
    permission: t.text('permission'),
    description: t.text('description').notNull().default(''),
  }),
  (t) => [primaryKey({ columns: [t.resourceId, t.name] })],
)

/** Which user uses which app, fed by events. No decision depends on it. */
export const appGrants = /* @__PURE__ */ sqliteTable(
  'app_grants',
  (t) => ({
    userId: t
      .integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    clientId: t.text('client_id').notNull(),
    firstAt: t.integer('first_at').notNull(),
    lastAt: t.integer('last_at').notNull(),
  }),
  (t) => [
    primaryKey({ columns: [t.userId, t.clientId] }),
    index('app_grants_client').on(t.clientId),
  ],
)

/** Back-channel logout: one message to one app about one of its sessions. */
export const logoutDeliveries = /* @__PURE__ */ sqliteTable(
  'logout_deliveries',
  (t) => ({
    id: t.text('id').primaryKey().notNull(),
    clientId: t.text('client_id').notNull(),
    sid: t.text('sid').notNull(),
    sub: t.text('sub').notNull(),
    reason: t.text('reason').notNull(),
    state: t
      .text('state', { enum: ['pending', 'delivered', 'dead'] })
      .notNull()
      .default('pending'),
    attempts: t.integer('attempts').notNull().default(0),
    lastStatus: t.integer('last_status'),
    lastError: t.text('last_error'),
    createdAt: t.integer('created_at').notNull(),
    deliveredAt: t.integer('delivered_at'),
  }),
  (t) => [index('logout_deliveries_client').on(t.clientId, t.id)],
)

/**
 * Devices without a browser that wait for a user's approval (RFC 8628). The device code is not stored and the user code
 * is hashed. `code` is the authorization code of an approval, encrypted.
 */
export const deviceAuthorizations = /* @__PURE__ */ sqliteTable(
  'device_authorizations',
  (t) => ({
    id: t.text('id').primaryKey().notNull(),
    userCodeHash: t.text('user_code_hash').notNull().unique(),
    clientId: t.text('client_id').notNull(),
    scopes: t.text('scopes', { mode: 'json' }).$type<string[]>().notNull(),
    resources: t.text('resources', { mode: 'json' }).$type<string[]>().notNull(),
    ip: t.text('ip'),
    country: t.text('country'),
    userAgent: t.text('user_agent'),
    state: t
      .text('state', { enum: ['pending', 'approved', 'denied'] })
      .notNull()
      .default('pending'),
    code: t.text('code'),
    claimedAt: t.integer('claimed_at'),
    lastPolledAt: t.integer('last_polled_at'),
    pollSeconds: t.integer('poll_seconds').notNull().default(5),
    createdAt: t.integer('created_at').notNull(),
    expiresAt: t.integer('expires_at').notNull(),
  }),
  (t) => [index('device_authorizations_expiry').on(t.expiresAt)],
)
