import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { EncryptedColumn } from './encrypted-column'

/**
 * What a committed change still owes the world, written in the change's own batch. A row is claimed
 * by a lease, performed, and deleted; or its next attempt is written; or it dies, visible to admins.
 */
export const outbox = sqliteTable(
  'outbox',
  {
    id: text('id').primaryKey().notNull(),
    kind: text('kind').notNull(),
    subject: text('subject'),
    payload: text('payload').notNull(),
    attempts: integer('attempts').notNull().default(0),
    nextAttemptAt: integer('next_attempt_at').notNull(),
    leasedUntil: integer('leased_until'),
    lastError: text('last_error'),
    deadAt: integer('dead_at'),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [
    index('outbox_due')
      .on(t.nextAttemptAt)
      .where(sql`dead_at IS NULL AND kind <> 'webhook'`),
    index('outbox_webhooks_due')
      .on(t.nextAttemptAt)
      .where(sql`dead_at IS NULL AND kind = 'webhook'`),
    index('outbox_dead')
      .on(t.deadAt)
      .where(sql`dead_at IS NOT NULL`),
    index('outbox_subject')
      .on(t.subject)
      .where(sql`subject IS NOT NULL`),
  ],
)
export type OutboxRow = typeof outbox.$inferSelect

/** Word for word the conditions of the two indexes: webhooks wait apart, as strangers keep them waiting. */
export const LANES = {
  ours: sql`outbox INDEXED BY outbox_due WHERE dead_at IS NULL AND kind <> 'webhook'`,
  webhooks: sql`outbox INDEXED BY outbox_webhooks_due WHERE dead_at IS NULL AND kind = 'webhook'`,
} as const
export type Lane = keyof typeof LANES

/** The queue message: only a wake-up. Losing it loses nothing, for the cron sweeps what is due. */
export interface OutboxWakeUp {
  id: string
}

/** Says that webhooks are due: which ones, the outbox knows. */
export type WebhooksWakeUp = Record<string, never>

/** Of a mail to an address that no row holds any more. */
export const MAIL_RECIPIENT = {
  table: 'outbox',
  column: 'payload',
  rowKey: 'id',
  jsonPath: '$.recipient',
  countedAs: 'outbox',
} as const satisfies EncryptedColumn

/** Of the row that removes an erased user's address from the throttle and the log. */
export const FORGOTTEN_ADDRESS = {
  table: 'outbox',
  column: 'payload',
  rowKey: 'id',
  jsonPath: '$.who',
  countedAs: 'outbox',
} as const satisfies EncryptedColumn
