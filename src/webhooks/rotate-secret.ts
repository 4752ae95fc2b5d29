import { and, eq, sql } from 'drizzle-orm'
import type { Change } from '../commit/commit'
import type { Deps, Principal } from '../context'
import { encrypt, decrypt } from '../crypto/encrypt'
import { hasPermissionNow } from '../rbac/conditions'
import { type Proof, reauthenticate } from '../step-up/reauthenticate'
import { aadOf } from '../tables/encrypted-column'
import { WEBHOOK_PREVIOUS_SECRET, WEBHOOK_SECRET, webhooks } from '../tables/webhooks'
import { findWebhook, webhookIsThere } from './list-webhooks'
import { newSecret } from './sign'
import { commitAndTell } from './tell-of-change'

export const OVERLAP_MS = 24 * 60 * 60_000

/**
 * Replaces an endpoint's secret and returns the new one, which is never shown again. For 24 hours
 * deliveries are signed with the old secret too. A secret that was replaced before that is dropped
 * at once. Of two concurrent rotations one is refused. Asks for the password, because the secret
 * can sign events that your receivers trust. Throws `not_found`, `changed_meanwhile`, `forbidden`,
 * and what reauthenticate throws.
 */
export async function rotateSecret(
  deps: Deps,
  actor: Principal,
  id: string,
  proof: Proof,
): Promise<{ secret: string; previousUntil: number | null }> {
  const { DATA_KEYS } = deps.config
  const { secret: current, url } = await findWebhook(deps, id)
  const { unchanged } = await reauthenticate(deps, actor, proof)
  // A secret that no longer decrypts cannot sign either, so there is no old secret to keep.
  // Rotation is the only remedy in this case, so it must not fail.
  const old = await decrypt(DATA_KEYS, aadOf(WEBHOOK_SECRET, id), current).catch(() => undefined)
  const secret = newSecret()
  const previousUntil = old === undefined ? null : deps.now + OVERLAP_MS
  const change: Change = {
    preconditions: [
      webhookIsThere(id),
      hasPermissionNow(actor, 'admin:system'),
      unchanged,
      {
        name: 'secret_is_the_one_read',
        holds: sql`EXISTS (SELECT 1 FROM ${webhooks} WHERE ${and(eq(webhooks.id, id), eq(webhooks.secret, current))})`,
        otherwise: 'changed_meanwhile',
      },
    ],
    change: [
      deps.db
        .update(webhooks)
        .set({
          secret: await encrypt(DATA_KEYS, aadOf(WEBHOOK_SECRET, id), secret),
          previousSecret:
            old === undefined
              ? null
              : await encrypt(DATA_KEYS, aadOf(WEBHOOK_PREVIOUS_SECRET, id), old),
          previousSecretUntil: previousUntil,
        })
        .where(eq(webhooks.id, id)),
    ],
    audit: [
      {
        event: 'webhook.secret_rotated',
        actor: actor.userId,
        target: null,
        data: { webhook_id: id },
      },
    ],
  }
  await commitAndTell(deps, actor, id, { host: new URL(url).host, change: 'secret' }, change)
  return { secret, previousUntil }
}
