import { commit } from '../commit/commit'
import type { Deps, Actor } from '../context'
import { hasPermissionNow } from '../rbac/conditions'
import { webhookIsThere } from './list-webhooks'

/**
 * Delivers `webhook.test` to this endpoint only, even if it is disabled. The event delivered is the
 * one that records the test. Throws `not_found`, `forbidden`.
 */
export async function testWebhook(deps: Deps, actor: Actor, id: string): Promise<void> {
  await commit(deps, {
    preconditions: [webhookIsThere(id), hasPermissionNow(actor, 'admin:system')],
    change: [],
    audit: [{ event: 'webhook.test', actor: actor.userId, target: null, data: { webhook_id: id } }],
  })
}
