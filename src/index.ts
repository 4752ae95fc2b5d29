/**
 * The Worker's entry point: requests, queues and schedules, the entrypoint for the service bindings
 * of other Workers, and the classes of its Durable Objects.
 */
import { app } from './app'
import { consumeEvents, deadLetterEvents } from './audit/consume'
import { NO_CLIENT } from './context'
import { runCron } from './background/cron'
import type { EventMessage } from './events'
import { depsOf } from './http/request-context'
import { consumeOutbox, consumeWebhooks } from './outbox/consume'
import { outboxHandlers } from './background/outbox-handlers'
import type { OutboxMessage, WebhooksMessage } from './tables/outbox'

export { Gatehouse } from './rpc/rpc'
export { UserSessions } from './sessions/object/user-sessions'
export { Throttle } from './throttle/throttle'

const backgroundDeps = (env: Env, ctx: ExecutionContext) =>
  depsOf(env, ctx, { requestId: crypto.randomUUID(), client: NO_CLIENT })

export default {
  fetch: app.fetch,

  async queue(batch, env, ctx) {
    const deps = backgroundDeps(env, ctx)
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
  },

  async scheduled(controller, env, ctx) {
    await runCron(backgroundDeps(env, ctx), controller.cron)
  },
} satisfies ExportedHandler<Env, OutboxMessage | WebhooksMessage | EventMessage>
