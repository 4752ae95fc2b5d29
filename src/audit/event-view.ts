/** Events as the API shows them: to admins whole, to a user his own, without anybody else's traces. */
import * as z from 'zod'
import type { EventRow } from './event-query'

const circumstances = {
  ip: z.string().nullable(),
  country: z.string().nullable(),
  user_agent: z.string().nullable(),
  data: z.record(z.string(), z.unknown()).meta({
    description:
      'Of sessions it holds the SHA-256 of their ids (base64url with padding), never the ids',
  }),
}

export const AuditEvent = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    action: z.string(),
    actor_id: z.int().nullable().meta({ description: 'Who did it; null: nobody signed in' }),
    target_id: z.int().nullable().meta({ description: 'To whom it happened' }),
    api_key_id: z.string().nullable().meta({ description: 'The key that acted in his name' }),
    ...circumstances,
  })
  .meta({ id: 'AuditEvent' })
export type AuditEvent = z.output<typeof AuditEvent>

export const OwnEvent = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    action: z.string(),
    by_admin: z
      .boolean()
      .meta({ description: 'Somebody else did it; who and from where is theirs' }),
    ...circumstances,
  })
  .meta({ id: 'OwnEvent' })
export type OwnEvent = z.output<typeof OwnEvent>

const dataOf = (row: EventRow) => JSON.parse(row.data) as Record<string, unknown>

/** The whole of an event, for admins. */
export const toAuditEvent = (row: EventRow): AuditEvent => ({
  id: row.id,
  at: new Date(row.at).toISOString(),
  action: row.event,
  actor_id: row.actor_id,
  target_id: row.target_id,
  api_key_id: row.api_key_id,
  ip: row.ip,
  country: row.country,
  user_agent: row.user_agent,
  data: dataOf(row),
})

/** What of an event's data its own user may read: a field that is new stays hidden until it is here. */
const SHOWN = new Set([
  'app',
  'by',
  'expires_at',
  'fields',
  'first',
  'key_id',
  'left',
  'method',
  'new_device',
  'permissions',
  'reason',
  'remember_me',
  'role',
  'roles',
  'session_id',
  'session_ids',
  'vouched',
])

/** An event as the user reads it to whom it happened. */
export function toOwnEvent(row: EventRow): OwnEvent {
  const isByAnother = row.actor_id !== null && row.actor_id !== row.target_id
  const shown = Object.entries(dataOf(row)).filter(([name]) => SHOWN.has(name))
  return {
    id: row.id,
    at: new Date(row.at).toISOString(),
    action: row.event,
    by_admin: isByAnother,
    ip: isByAnother ? null : row.ip,
    country: isByAnother ? null : row.country,
    user_agent: isByAnother ? null : row.user_agent,
    data: Object.fromEntries(shown),
  }
}

/** What of an event's data leaves the service, beside what its own user may read. */
const TOLD = new Set([
  ...SHOWN,
  'delivery_id',
  'events',
  'format',
  'id',
  'kind',
  'lines',
  'permission',
  'refused',
  'webhook_id',
])

/** An event as other systems are told of it: ids and words, and never from where somebody acted. */
export const toToldEvent = (row: Pick<EventRow, 'id' | 'actor_id' | 'target_id' | 'data'>) => ({
  id: row.id,
  actor_id: row.actor_id,
  target_id: row.target_id,
  details: Object.fromEntries(
    Object.entries(JSON.parse(row.data) as object).filter(([name]) => TOLD.has(name)),
  ),
})
