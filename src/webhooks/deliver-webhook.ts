/**
 * Performs a webhook's row of the outbox: one attempt at telling one endpoint of one event. At least
 * once: an answer that is lost, or not noted, is asked for again under the same webhook-id. That a
 * delivery is dead, a trigger notes when its row of the outbox dies.
 */
import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { runBatch } from '../db/batch'
import { wakeWebhooks } from '../commit/commit'
import type { OutboxRow } from '../tables/outbox'
import { attempt, DeliveryFailed, TIMEOUT_MS } from './attempt'
import { disableWebhook } from './disable-webhook'
import { findOwed, type Owed } from './owed'

/** An endpoint that has kept us waiting is not asked for so long, so that others need not wait for it. */
const PAUSE_MS = 60_000
/** One that has only failed for so long is disabled when a delivery dies. */
const FAILING_MS = 5 * 24 * 60 * 60_000

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** Behind the first attempt, as Standard Webhooks suggests: ten attempts in three days. */
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

/** Throws what failed, noted with the delivery. */
export async function deliverWebhook(deps: Deps, row: OutboxRow): Promise<void> {
  const owed = await findOwed(deps, row.id)
  // Deleted meanwhile, or delivered before and only the row was left.
  if (!owed || owed.state === 'delivered') return
  if (owed.disabled_at !== null && owed.event !== 'webhook.test') {
    return drop(deps, owed, 'endpoint_disabled')
  }
  if (owed.data === null) return drop(deps, owed, 'event_expired')
  try {
    // Counted as a try: what waits for one that hangs must come to an end.
    if (isPaused(owed, deps.now)) throw new DeliveryFailed('endpoint_paused')
    await noteSuccess(deps, owed, await attempt(deps, owed, owed.data))
  } catch (error) {
    if (error instanceof DeliveryFailed) await noteFailure(deps, row, owed, error)
    throw error
  }
}

/** A pause that ends later than any can was begun before the clock was set back. */
const isPaused = ({ paused_until: until }: Owed, now: number): boolean =>
  until !== null && until > now && until <= now + TIMEOUT_MS + PAUSE_MS

const noteSuccess = (deps: Deps, { id, webhook_id: webhookId }: Owed, status: number) =>
  runBatch(deps, [
    sql`UPDATE webhook_deliveries SET state = 'delivered', attempts = attempts + 1, last_status = ${status},
      last_error = NULL, delivered_at = ${deps.now} WHERE id = ${id}`,
    sql`UPDATE webhooks SET failing_since = NULL, paused_until = NULL
      WHERE id = ${webhookId} AND (failing_since IS NOT NULL OR paused_until IS NOT NULL)`,
  ])

async function noteFailure(deps: Deps, row: OutboxRow, owed: Owed, failed: DeliveryFailed) {
  const { id, webhook_id: webhookId } = owed
  const pausedUntil = failed.code === 'timeout' ? deps.now + TIMEOUT_MS + PAUSE_MS : null
  await runBatch(deps, [
    sql`UPDATE webhook_deliveries SET attempts = attempts + 1, last_status = ${failed.status},
      last_error = ${failed.code} WHERE id = ${id}`,
    sql`UPDATE webhooks SET failing_since = min(coalesce(failing_since, ${deps.now}), ${deps.now}),
      paused_until = coalesce(${pausedUntil}, paused_until)
      WHERE id = ${webhookId} AND (failing_since IS NULL OR failing_since > ${deps.now} OR ${pausedUntil} IS NOT NULL)`,
  ])
  const isLast = row.attempts >= WEBHOOK_TRIES.maxAttempts
  const hasFailedMs = deps.now - (owed.failing_since ?? deps.now)
  if (failed.code === 'gone') await disableWebhook(deps, webhookId, 'gone')
  else if (isLast && hasFailedMs >= FAILING_MS) await disableWebhook(deps, webhookId, 'failing')
  // The first retry is due before the cron's next turn.
  if (row.attempts === 1 && failed.code !== 'endpoint_paused') wakeWebhooks(deps, 6)
}

/** It will not be made: the row of the outbox goes, and the log says why. */
async function drop(deps: Deps, { id }: Owed, why: string): Promise<void> {
  await deps.db.run(
    sql`UPDATE webhook_deliveries SET state = 'dead', last_error = ${why} WHERE id = ${id}`,
  )
}
