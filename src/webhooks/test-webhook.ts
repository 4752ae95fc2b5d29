import type { Deps, Actor } from '../context'
import { commit } from '../commit/commit'
import { stillMay } from '../rbac/conditions'
import { webhookIsThere } from './list-webhooks'

/**
 * Has `webhook.test` delivered to this endpoint alone, a disabled one too. The event that records the test
 * is what is delivered. Throws `not_found`, `forbidden`.
 */
export async function testWebhook(deps: Deps, actor: Actor, id: string): Promise<void> {
  await commit(deps, {
    preconditions: [webhookIsThere(id), stillMay(actor, 'admin:system')],
    change: [],
    audit: [{ event: 'webhook.test', actor: actor.userId, target: null, data: { webhook_id: id } }],
  })
}
