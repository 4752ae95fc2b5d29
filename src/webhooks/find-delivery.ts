import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import type { EventName } from '../events'

/** A delivery with its endpoint and its event, as an attempt needs them. */
export interface PendingDelivery {
  readonly id: string
  readonly state: 'pending' | 'delivered' | 'dead'
  readonly event: EventName
  readonly event_id: string
  readonly webhook_id: string
  readonly url: string
  readonly secret: string
  readonly previous_secret: string | null
  readonly previous_secret_until: number | null
  readonly disabled_at: number | null
  readonly failing_since: number | null
  readonly paused_until: number | null
  readonly at: number
  readonly actor_id: number | null
  readonly target_id: number | null
  /** null if the event is no longer in the audit log. */
  readonly data: string | null
}
/** Returns a delivery by id, or undefined if it or its endpoint was deleted. */
export async function findDelivery(deps: Deps, id: string): Promise<PendingDelivery | undefined> {
  const [found] = await deps.db.all<PendingDelivery>(sql`
    SELECT delivery.id, state, delivery.event AS event, event_id, webhook_id, url, secret, previous_secret,
      previous_secret_until, disabled_at, failing_since, paused_until, delivery.created_at AS at,
      actor_id, target_id, data
    FROM webhook_deliveries AS delivery JOIN webhooks ON webhooks.id = webhook_id
    LEFT JOIN audit_log ON audit_log.id = event_id
    WHERE delivery.id = ${id}`)
  return found
}
