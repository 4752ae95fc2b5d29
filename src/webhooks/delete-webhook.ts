import { eq, sql } from 'drizzle-orm'
import { commit } from '../commit/commit'
import type { Deps, Actor } from '../context'
import { hasPermissionNow } from '../rbac/conditions'
import { webhooks } from '../tables/webhooks'
import { webhookIsThere } from './list-webhooks'

const ROWS_AT_ONCE = 5000

/**
 * Deletes an endpoint. Nothing more is sent to it, except requests already in flight. Its newest
 * ROWS_AT_ONCE deliveries are deleted with it, including pending ones. If there are more, the
 * pending ones are dropped when they come due, and the rest of the log expires by its retention.
 * Throws `not_found`, `forbidden`.
 */
export async function deleteWebhook(deps: Deps, actor: Actor, id: string): Promise<void> {
  const newest = sql`(SELECT id FROM webhook_deliveries WHERE webhook_id = ${id} ORDER BY id DESC LIMIT ${ROWS_AT_ONCE})`
  await commit(deps, {
    preconditions: [webhookIsThere(id), hasPermissionNow(actor, 'admin:system')],
    change: [
      sql`DELETE FROM outbox WHERE id IN ${newest}`,
      sql`DELETE FROM webhook_deliveries WHERE id IN ${newest}`,
      deps.db.delete(webhooks).where(eq(webhooks.id, id)),
    ],
    audit: [
      { event: 'webhook.deleted', actor: actor.userId, target: null, data: { webhook_id: id } },
    ],
  })
}
