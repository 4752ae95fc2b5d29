import type { Deps } from '../context'
import { type Handlers, performRow } from './perform'
import type { OutboxWakeUp } from './schema'

/**
 * The queue's consumer. It always acknowledges: what a row still needs stands in the row, and the
 * cron finds it, so redelivery by the queue would only do the work twice.
 */
export async function consumeOutbox(
  deps: Deps,
  handlers: Handlers,
  batch: MessageBatch<OutboxWakeUp>,
): Promise<void> {
  batch.ackAll()
  const results = await Promise.allSettled(
    batch.messages.map(async (message) => performRow(deps, handlers, message.body.id)),
  )
  const failed = results.filter((result) => result.status === 'rejected').length
  if (failed > 0)
    console.error(JSON.stringify({ event: 'outbox_rows_left_to_cron', count: failed }))
}
