import { sql } from 'drizzle-orm'
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import type { Deps } from '../context'
import type { ListPage, Position } from '../http/list-page'
import { deliveryFields, readDeliveryLog } from '../outbox/delivery-log'
import { getWebhook } from './list-webhooks'

export const Delivery = answerSchema(() =>
  z
    .object({
      id: z.string().meta({ description: 'Sent to the endpoint as `webhook-id`' }),
      event: z.string(),
      event_id: z.string().meta({ description: 'The id of the event in the audit log' }),
      ...deliveryFields(),
    })
    .meta({ id: 'WebhookDelivery' }),
)
export type Delivery = z.output<typeof Delivery>

/** Returns a page of an endpoint's deliveries, newest first. Throws `not_found`. */
export async function listDeliveries(
  deps: Deps,
  webhookId: string,
  from: Position | undefined,
): Promise<ListPage<Delivery>> {
  await getWebhook(deps, webhookId)
  return readDeliveryLog<Pick<Delivery, 'event' | 'event_id'>>(deps, {
    of: sql`webhook_deliveries WHERE webhook_id = ${webhookId}`,
    columns: sql`log.event, log.event_id`,
    from,
  })
}
