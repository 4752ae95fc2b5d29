/**
 * Performs an outbox row of a webhook: one attempt to deliver one event to one endpoint. Delivery
 * is at least once: if a response is lost or cannot be recorded, the attempt is repeated with the
 * same webhook-id. When an outbox row fails permanently, a trigger marks its delivery as failed.
 */
import { sql } from 'drizzle-orm'
import { notifyWebhooks } from '../commit/commit'
import type { Deps } from '../context'
import { runBatch } from '../db/batch'
import type { OutboxRow } from '../tables/outbox'
import { attempt, DeliveryFailed, TIMEOUT_MS } from './attempt'
import { disableWebhook } from './disable-webhook'
import { findDelivery, type PendingDelivery } from './find-delivery'

/**
 * After a timeout an endpoint gets no requests for this long, so that other endpoints do not wait
 * for it.
 */
const PAUSE_MS = 60_000
/** An endpoint without a success for this long is disabled when a delivery fails permanently. */
const FAILING_MS = 5 * 24 * 60 * 60_000

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/**
 * Waits after the first and each later attempt, as Standard Webhooks suggests: ten attempts in
 * three days.
 */
const WAITS_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
]

export const WEBHOOK_TRIES = {
  maxAttempts: WAITS_MS.length + 1,
  waitMs: (attempts: number): number => WAITS_MS[attempts - 1] ?? 24 * HOUR,
}

/** Delivers one outbox row. Throws the failure, after recording it with the delivery. */
export async function deliverWebhook(deps: Deps, row: OutboxRow): Promise<void> {
  const delivery = await findDelivery(deps, row.id)
  // The delivery was deleted, or it was made earlier and only the outbox row was left.
  if (!delivery || delivery.state === 'delivered') return
  if (delivery.disabled_at !== null && delivery.event !== 'webhook.test') {
    return drop(deps, delivery, 'endpoint_disabled')
  }
  if (delivery.data === null) return drop(deps, delivery, 'event_expired')
  try {
    // A pause counts as an attempt, so that deliveries to an endpoint that hangs come to an end.
    if (isPaused(delivery, deps.now)) throw new DeliveryFailed('endpoint_paused')
    await noteSuccess(deps, delivery, await attempt(deps, delivery, delivery.data))
  } catch (error) {
    if (error instanceof DeliveryFailed) await noteFailure(deps, row, delivery, error)
    throw error
  }
}

/** A pause that ends later than any can was written before the clock was set back. */
const isPaused = ({ paused_until: until }: PendingDelivery, now: number): boolean =>
  until !== null && until > now && until <= now + TIMEOUT_MS + PAUSE_MS

const noteSuccess = (deps: Deps, { id, webhook_id: webhookId }: PendingDelivery, status: number) =>
  runBatch(deps, [
    sql`UPDATE webhook_deliveries SET state = 'delivered', attempts = attempts + 1, last_status = ${status},
      last_error = NULL, delivered_at = ${deps.now} WHERE id = ${id}`,
    sql`UPDATE webhooks SET failing_since = NULL, paused_until = NULL
      WHERE id = ${webhookId} AND (failing_since IS NOT NULL OR paused_until IS NOT NULL)`,
  ])

async function noteFailure(
  deps: Deps,
  row: OutboxRow,
  delivery: PendingDelivery,
  failed: DeliveryFailed,
) {
  const { id, webhook_id: webhookId } = delivery
  const pausedUntil = failed.code === 'timeout' ? deps.now + TIMEOUT_MS + PAUSE_MS : null
  await runBatch(deps, [
    sql`UPDATE webhook_deliveries SET attempts = attempts + 1, last_status = ${failed.status},
      last_error = ${failed.code} WHERE id = ${id}`,
    sql`UPDATE webhooks SET failing_since = min(coalesce(failing_since, ${deps.now}), ${deps.now}),
      paused_until = coalesce(${pausedUntil}, paused_until)
      WHERE id = ${webhookId} AND (failing_since IS NULL OR failing_since > ${deps.now} OR ${pausedUntil} IS NOT NULL)`,
  ])
  const isLast = row.attempts >= WEBHOOK_TRIES.maxAttempts
  const hasFailedMs = deps.now - (delivery.failing_since ?? deps.now)
  if (failed.code === 'gone') await disableWebhook(deps, webhookId, 'gone')
  else if (isLast && hasFailedMs >= FAILING_MS) await disableWebhook(deps, webhookId, 'failing')
  // The first retry is due before the next cron run.
  if (row.attempts === 1 && failed.code !== 'endpoint_paused') notifyWebhooks(deps, 6)
}

/** Drops a delivery: its outbox row is deleted as done, and the delivery log says why. */
async function drop(deps: Deps, { id }: PendingDelivery, why: string): Promise<void> {
  await deps.db.run(
    sql`UPDATE webhook_deliveries SET state = 'dead', last_error = ${why} WHERE id = ${id}`,
  )
}
