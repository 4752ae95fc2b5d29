import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { EventName } from '../events'

/** The audit log, append-only. The id is a UUIDv7, so ids sort by time. Never has an address. */
export const auditLog = sqliteTable(
  'audit_log',
  {
    id: text('id').primaryKey().notNull(),
    at: integer('at').notNull(),
    event: text('event').$type<EventName>().notNull(),
    actorId: integer('actor_id'),
    targetId: integer('target_id'),
    ip: text('ip'),
    country: text('country'),
    userAgent: text('user_agent'),
    data: text('data').notNull().default('{}'),
    /** The API key that acted on behalf of the actor. */
    apiKeyId: text('api_key_id'),
    /** The API key that named the client; null if the connection did. */
    forwardedBy: text('forwarded_by'),
  },
  (t) => [
    index('audit_log_event').on(t.event, t.id),
    index('audit_log_target')
      .on(t.targetId, t.id)
      .where(sql`target_id IS NOT NULL`),
    index('audit_log_actor')
      .on(t.actorId, t.id)
      .where(sql`actor_id IS NOT target_id AND actor_id IS NOT NULL`),
    index('audit_log_target_event')
      .on(t.targetId, t.event, t.id)
      .where(
        sql`target_id IS NOT NULL AND event NOT IN ('auth.signed_in', 'auth.sessions_ended', 'user.active')`,
      ),
    index('audit_log_actor_event')
      .on(t.actorId, t.event, t.id)
      .where(sql`actor_id IS NOT target_id AND actor_id IS NOT NULL`),
    index('audit_log_failed_address')
      .on(sql`data ->> 'address'`, t.id)
      .where(sql`event = 'auth.sign_in_failed'`),
    index('audit_log_actor_target')
      .on(t.actorId, t.targetId, t.id)
      .where(sql`actor_id IS NOT target_id AND actor_id IS NOT NULL`),
  ],
)

/** By event name, the time before which events may be deleted. A trigger protects newer ones. */
export const auditRetention = /* @__PURE__ */ sqliteTable('audit_retention', (t) => ({
  event: t.text('event').$type<EventName>().primaryKey().notNull(),
  deleteBefore: t.integer('delete_before').notNull(),
}))

/** Dead-lettered events, which could not be written in any attempt. Kept for admins to see. */
export const deadLetteredEvents = sqliteTable(
  'parked_events',
  {
    id: text('id').primaryKey().notNull(),
    message: text('message').notNull(),
    parkedAt: integer('parked_at').notNull(),
  },
  (t) => [index('parked_events_at').on(t.parkedAt)],
)
