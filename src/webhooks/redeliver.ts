import { sql } from 'drizzle-orm'
import { commit } from '../commit/commit'
import type { Deps, Actor } from '../context'
import { DomainError } from '../errors'
import { hasPermissionNow } from '../rbac/conditions'
import { webhookIsThere } from './list-webhooks'

/**
 * Repeats a delivery, with all its attempts and the same webhook-id. Several requests repeat it
 * once, unless the first repetition is over by then. The event must still be in the audit log.
 * Throws `not_found`, `forbidden`, and `wrong_status` if the endpoint is disabled, since the
 * delivery would be dropped.
 */
export async function redeliver(
  deps: Deps,
  actor: Actor,
  { webhookId, deliveryId }: { webhookId: string; deliveryId: string },
): Promise<void> {
  await commit(deps, {
    preconditions: [
      webhookIsThere(webhookId),
      hasPermissionNow(actor, 'admin:system'),
      {
        name: 'delivery_is_there',
        holds: sql`EXISTS (SELECT 1 FROM webhook_deliveries JOIN audit_log ON audit_log.id = event_id
          WHERE webhook_deliveries.id = ${deliveryId} AND webhook_id = ${webhookId})`,
        otherwise: new DomainError('not_found', { detail: 'Delivery not found' }),
      },
      {
        name: 'endpoint_enabled',
        holds: sql`EXISTS (SELECT 1 FROM webhook_deliveries JOIN webhooks ON webhooks.id = webhook_id
          WHERE webhook_deliveries.id = ${deliveryId} AND (disabled_at IS NULL OR event = 'webhook.test'))`,
        otherwise: new DomainError('wrong_status', { detail: 'The webhook is disabled' }),
      },
    ],
    change: [
      sql`
        INSERT INTO outbox (id, kind, payload, next_attempt_at, created_at)
        SELECT id, 'webhook', json_object('event', event), ${deps.now}, ${deps.now}
        FROM webhook_deliveries WHERE id = ${deliveryId}
        ON CONFLICT (id) DO UPDATE SET attempts = 0, next_attempt_at = ${deps.now},
          leased_until = NULL, dead_at = NULL`,
      sql`UPDATE webhook_deliveries SET state = 'pending', delivered_at = NULL WHERE id = ${deliveryId}`,
    ],
    audit: [
      {
        event: 'webhook.redelivered',
        actor: actor.userId,
        target: null,
        data: { webhook_id: webhookId, delivery_id: deliveryId },
      },
    ],
  })
}
