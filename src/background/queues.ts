/** Which queue is consumed by which verb. */
import { consumeEvents, deadLetterEvents } from '../audit/consume'
import type { Deps } from '../context'
import type { EventMessage } from '../events'
import { consumeOutbox, consumeWebhooks } from '../outbox/consume'
import type { OutboxMessage, WebhooksMessage } from '../tables/outbox'
import { outboxHandlers } from './outbox-handlers'

export type QueueMessage = OutboxMessage | WebhooksMessage | EventMessage

/** Consumes a batch of one of our queues. Throws for a queue that wrangler.toml does not name. */
export function consumeBatch(deps: Deps, batch: MessageBatch<QueueMessage>): Promise<void> {
  switch (batch.queue) {
    case 'gatehouse-outbox':
      return consumeOutbox(deps, outboxHandlers, batch as MessageBatch<OutboxMessage>)
    case 'gatehouse-webhooks':
      return consumeWebhooks(deps, outboxHandlers, batch as MessageBatch<WebhooksMessage>)
    case 'gatehouse-events':
      return consumeEvents(deps, batch as MessageBatch<EventMessage>)
    case 'gatehouse-events-dead':
      return deadLetterEvents(deps, batch as MessageBatch<EventMessage>)
    default:
      throw new Error(`no consumer for the queue ${batch.queue}`)
  }
}
