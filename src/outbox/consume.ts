import { notifyWebhooks } from '../commit/commit'
import type { Deps } from '../context'
import { log } from '../log'
import type { OutboxMessage, WebhooksMessage } from '../tables/outbox'
import { type Handlers, performRow } from './perform'
import { BOUNDS, sweepOutbox } from './sweep'

/**
 * The queue's consumer. It always acknowledges: the outbox row holds what is still to be done, and
 * the cron job finds it. Redelivery by the queue would only repeat the work.
 */
export async function consumeOutbox(
  deps: Deps,
  handlers: Handlers,
  batch: MessageBatch<OutboxMessage>,
): Promise<void> {
  batch.ackAll()
  const results = await Promise.allSettled(
    batch.messages.map(async (message) => performRow(deps, handlers, message.body.id)),
  )
  const failed = results.filter((result) => result.status === 'rejected').length
  if (failed > 0) log.error('outbox_rows_left_to_cron', deps, { count: failed })
}

/**
 * The consumer of the webhook notifications: one run per batch, and another while there is more to
 * do.
 */
export async function consumeWebhooks(
  deps: Deps,
  handlers: Handlers,
  batch: MessageBatch<WebhooksMessage>,
): Promise<void> {
  batch.ackAll()
  try {
    const { due } = await sweepOutbox(deps, handlers, 'webhooks')
    if (due === BOUNDS.webhooks.oldest + BOUNDS.webhooks.newest) notifyWebhooks(deps)
  } catch {
    log.error('webhooks_left_to_cron', deps)
  }
}
