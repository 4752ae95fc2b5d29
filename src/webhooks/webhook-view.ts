/** Endpoints as the API shows them, always without their secrets. */
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import { EVENT_NAMES } from '../event-traits'
import type { EventName } from '../events'
import { DISABLED_REASONS, type WebhookRow } from '../tables/webhooks'
import { iso, isoOrNull } from '../time'

/**
 * Events that an endpoint can subscribe to: every audit event except tests, which go to a given
 * endpoint.
 */
const CHOICES = EVENT_NAMES.filter((name) => name !== 'webhook.test')
export const WebhookEvent = z.enum(CHOICES as [EventName, ...EventName[]])

const instant = () => z.iso.datetime().nullable()
export const Webhook = answerSchema(() =>
  z
    .object({
      id: z.string(),
      url: z.string(),
      description: z.string(),
      events: z
        .array(WebhookEvent)
        .nullable()
        .meta({ description: 'The events to deliver; `null` means all events' }),
      enabled: z.boolean(),
      disabled_at: instant(),
      disabled_reason: z.enum(DISABLED_REASONS).nullable(),
      failing_since: instant().meta({
        description: 'The time since which every attempt has failed',
      }),
      previous_secret_until: instant().meta({
        description: 'Deliveries are signed with both secrets until then',
      }),
      created_by: z.int().nullable(),
      created_at: z.iso.datetime(),
    })
    .meta({ id: 'Webhook' }),
)
export type Webhook = z.output<typeof Webhook>

export const toWebhook = (row: WebhookRow, now: number): Webhook => ({
  id: row.id,
  url: row.url,
  description: row.description,
  events: row.events,
  enabled: row.disabledAt === null,
  disabled_at: isoOrNull(row.disabledAt),
  disabled_reason: row.disabledReason,
  failing_since: isoOrNull(row.failingSince),
  previous_secret_until: isoOrNull(
    row.previousSecretUntil !== null && row.previousSecretUntil > now
      ? row.previousSecretUntil
      : null,
  ),
  created_by: row.createdBy,
  created_at: iso(row.createdAt),
})
