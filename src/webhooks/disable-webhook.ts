import { eq, sql } from 'drizzle-orm'
import { commit } from '../commit/commit'
import type { Deps } from '../context'
import { webhooks } from '../tables/webhooks'

/**
 * Disables an endpoint that answered 410 Gone or has failed for days. This is recorded as an event,
 * which other endpoints can subscribe to.
 */
export async function disableWebhook(
  deps: Deps,
  id: string,
  reason: 'gone' | 'failing',
): Promise<void> {
  await commit(deps, {
    preconditions: [
      {
        name: 'webhook_is_enabled',
        holds: sql`EXISTS (SELECT 1 FROM webhooks WHERE id = ${id} AND disabled_at IS NULL)`,
        otherwise: 'unchanged',
      },
    ],
    change: [
      deps.db
        .update(webhooks)
        .set({ disabledAt: deps.now, disabledReason: reason })
        .where(eq(webhooks.id, id)),
    ],
    audit: [
      { event: 'webhook.disabled', actor: null, target: null, data: { webhook_id: id, reason } },
    ],
  })
}
