import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { EventName } from '../events'
import type { EncryptedColumn } from './encrypted-column'
import { users } from './users'

export const DISABLED_REASONS = ['by_admin', 'gone', 'failing'] as const
export const DELIVERY_STATES = ['pending', 'delivered', 'dead'] as const

/** Endpoints that receive events. Secrets are encrypted, with column and row as AAD. */
export const webhooks = sqliteTable(
  'webhooks',
  {
    id: text('id').primaryKey().notNull(),
    url: text('url').notNull(),
    description: text('description').notNull().default(''),
    /** JSON; null means every event. */
    events: text('events', { mode: 'json' }).$type<EventName[]>(),
    secret: text('secret').notNull(),
    previousSecret: text('previous_secret'),
    previousSecretUntil: integer('previous_secret_until'),
    createdBy: integer('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: integer('created_at').notNull(),
    disabledAt: integer('disabled_at'),
    disabledReason: text('disabled_reason', { enum: DISABLED_REASONS }),
    failingSince: integer('failing_since'),
    pausedUntil: integer('paused_until'),
  },
  (t) => [
    index('webhooks_created_by')
      .on(t.createdBy)
      .where(sql`created_by IS NOT NULL`),
  ],
)
export type WebhookRow = typeof webhooks.$inferSelect

/**
 * The delivery of an event to an endpoint, written by a trigger of the audit log. Its row in the
 * outbox has the same id.
 */
export const webhookDeliveries = /* @__PURE__ */ sqliteTable(
  'webhook_deliveries',
  (t) => ({
    id: t.text('id').primaryKey().notNull(),
    webhookId: t.text('webhook_id').notNull(),
    eventId: t.text('event_id').notNull(),
    event: t.text('event').$type<EventName>().notNull(),
    state: t.text('state', { enum: DELIVERY_STATES }).notNull().default('pending'),
    attempts: t.integer('attempts').notNull().default(0),
    lastStatus: t.integer('last_status'),
    lastError: t.text('last_error'),
    createdAt: t.integer('created_at').notNull(),
    deliveredAt: t.integer('delivered_at'),
  }),
  (t) => [index('webhook_deliveries_webhook').on(t.webhookId, t.id)],
)

export const WEBHOOK_SECRET = {
  table: 'webhooks',
  column: 'secret',
  rowKey: 'id',
  countedAs: 'webhooks',
} as const satisfies EncryptedColumn

export const WEBHOOK_PREVIOUS_SECRET = {
  table: 'webhooks',
  column: 'previous_secret',
  rowKey: 'id',
  countedAs: 'webhooks',
} as const satisfies EncryptedColumn
