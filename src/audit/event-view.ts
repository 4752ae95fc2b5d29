/**
 * Events as the API shows them. Admins see the whole event. Users see events about themselves,
 * without the request metadata of other people.
 */
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import { EVENTS, isEventName } from '../event-traits'
import { iso } from '../time'
import type { EventRow } from './event-query'

const requestMetadata = () => ({
  ip: z.string().nullable(),
  country: z.string().nullable(),
  user_agent: z.string().nullable(),
  data: z.record(z.string(), z.unknown()).meta({
    description: 'Session ids are given only as their SHA-256 (base64url with padding)',
  }),
})

export const AuditEvent = answerSchema(() =>
  z
    .object({
      id: z.string(),
      at: z.iso.datetime(),
      action: z.string(),
      actor_id: z
        .int()
        .nullable()
        .meta({ description: 'The user who acted; null if nobody was signed in' }),
      target_id: z.int().nullable().meta({ description: 'The affected user' }),
      api_key_id: z.string().nullable().meta({ description: 'The API key that was used' }),
      forwarded_by: z.string().nullable().meta({
        description:
          'The API key that named `ip`, `country` and `user_agent`; null if the connection did',
      }),
      ...requestMetadata(),
    })
    .meta({ id: 'AuditEvent' }),
)
export type AuditEvent = z.output<typeof AuditEvent>

export const OwnEvent = answerSchema(() =>
  z
    .object({
      id: z.string(),
      at: z.iso.datetime(),
      action: z.string(),
      by_admin: z.boolean().meta({
        description: 'True if someone else acted. Their identity and location are not shown',
      }),
      ...requestMetadata(),
    })
    .meta({ id: 'OwnEvent' }),
)
export type OwnEvent = z.output<typeof OwnEvent>

const dataOf = (row: Pick<EventRow, 'data'>) => JSON.parse(row.data) as Record<string, unknown>

/** Returns the whole event, for admins. */
export const toAuditEvent = (row: EventRow): AuditEvent => ({
  id: row.id,
  at: iso(row.at),
  action: row.event,
  actor_id: row.actor_id,
  target_id: row.target_id,
  api_key_id: row.api_key_id,
  forwarded_by: row.forwarded_by,
  ip: row.ip,
  country: row.country,
  user_agent: row.user_agent,
  data: dataOf(row),
})

/** The fields of an event's data that are in these lists. Empty for an event unknown to this version. */
function pick(
  event: string,
  data: Record<string, unknown>,
  lists: readonly ('owner' | 'webhook')[],
) {
  if (!isEventName(event)) return {}
  const names: readonly string[] = lists.flatMap((list) => EVENTS[event][list])
  return Object.fromEntries(Object.entries(data).filter(([name]) => names.includes(name)))
}

/** Returns an event as the affected user sees it. */
export function toOwnEvent(row: EventRow): OwnEvent {
  const isByAnother = row.actor_id !== null && row.actor_id !== row.target_id
  return {
    id: row.id,
    at: iso(row.at),
    action: row.event,
    by_admin: isByAnother,
    ip: isByAnother ? null : row.ip,
    country: isByAnother ? null : row.country,
    user_agent: isByAnother ? null : row.user_agent,
    data: pick(row.event, dataOf(row), ['owner']),
  }
}

/** An event as webhooks carry it: ids and words, never the network or device it came from. */
export const toWebhookEvent = (
  row: Pick<EventRow, 'id' | 'event' | 'actor_id' | 'target_id' | 'data'>,
) => ({
  id: row.id,
  actor_id: row.actor_id,
  target_id: row.target_id,
  details: pick(row.event, dataOf(row), ['owner', 'webhook']),
})
