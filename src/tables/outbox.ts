import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { EncryptedColumn } from './encrypted-column'

/**
 * Pending effects of committed changes, written in the batch of the change. A row is claimed by a
 * lease, performed and deleted. If that fails, its next attempt is scheduled; after the last
 * attempt it has failed permanently (`dead_at`), and admins can see it.
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
    failedAt: integer('dead_at'),
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
      .on(t.failedAt)
      .where(sql`dead_at IS NOT NULL`),
    index('outbox_subject')
      .on(t.subject)
      .where(sql`subject IS NOT NULL`),
  ],
)
export type OutboxRow = typeof outbox.$inferSelect

/**
 * The partitions of the outbox. The conditions must be those of the two indexes word for word.
 * Webhooks have their own partition, because endpoints of third parties can be slow.
 */
export const PARTITIONS = {
  ours: sql`outbox INDEXED BY outbox_due WHERE dead_at IS NULL AND kind <> 'webhook'`,
  webhooks: sql`outbox INDEXED BY outbox_webhooks_due WHERE dead_at IS NULL AND kind = 'webhook'`,
} as const
export type Partition = keyof typeof PARTITIONS

/** The queue message: only a notification. The cron job makes up for a lost one. */
export interface OutboxMessage {
  id: string
}

/** The notification that webhooks are due. The outbox knows which ones. */
export type WebhooksMessage = Record<string, never>

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
