/**
 * The Worker's entry point: requests, queues and schedules, the entrypoint for the service bindings
 * of other Workers, and the classes of its Durable Objects.
 */
import { app } from './app'
import { runCron } from './background/cron'
import { consumeBatch, type QueueMessage } from './background/queues'
import { NO_CLIENT } from './context'
import { depsOf } from './http/request-context'

export { Gatehouse } from './rpc/rpc'
export { UserSessions } from './sessions/object/user-sessions'
export { Throttle } from './throttle/throttle'

const backgroundDeps = (env: Env, ctx: ExecutionContext) =>
  depsOf(env, ctx, { requestId: crypto.randomUUID(), client: NO_CLIENT })

export default {
  fetch: app.fetch,

  async queue(batch, env, ctx) {
    await consumeBatch(backgroundDeps(env, ctx), batch)
  },

  async scheduled(controller, env, ctx) {
    await runCron(backgroundDeps(env, ctx), controller.cron)
  },
} satisfies ExportedHandler<Env, QueueMessage>
