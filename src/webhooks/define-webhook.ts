/**
 * Creates and changes webhook endpoints, which needs `admin:system`. The URL is checked here and
 * again on every delivery. The secret is generated here, shown once, and stored encrypted. An
 * endpoint keeps receiving events after the session that created it has ended, so creating one and
 * changing its URL ask for the password.
 */
import { eq, sql } from 'drizzle-orm'
import { type Change, commit } from '../commit/commit'
import type { Actor, Deps, Principal } from '../context'
import { randomId } from '../crypto/encoding'
import { encrypt } from '../crypto/encrypt'
import { type FieldIssue, invalidFields } from '../errors'
import type { EventName } from '../events'
import { notification } from '../mail/messages'
import { hasPermissionNow } from '../rbac/conditions'
import { type Proof, reauthenticate } from '../step-up/reauthenticate'
import { aadOf } from '../tables/encrypted-column'
import { WEBHOOK_SECRET, webhooks } from '../tables/webhooks'
import { checkDestination } from './destination'
import { findWebhook, webhookIsThere } from './list-webhooks'
import { newSecret } from './sign'
import { commitAndTell } from './tell-of-change'

const MAX_WEBHOOKS = 20
const ALLOWED = 'A webhook goes by https on port 443 to a public host name, and not to our own'

export interface WebhookDefinition {
  readonly url: string
  readonly description: string
  /** null means every event. */
  readonly events: readonly EventName[] | null
}

/**
 * Returns what is wrong with a URL, as issues of a body. Values that are not strings are left to
 * the schema.
 */
export function urlIssues({ config }: Pick<Deps, 'config'>, url: unknown): FieldIssue[] {
  const checked = typeof url === 'string' ? checkDestination(config, url) : undefined
  return checked && 'refused' in checked
    ? [{ path: 'url', code: checked.refused, message: ALLOWED }]
    : []
}

/**
 * Creates an endpoint and emails the user who created it. The secret is returned here and never
 * again. Throws `validation_failed`, `limit_reached`, `forbidden`, and what reauthenticate throws.
 */
export async function createWebhook(
  deps: Deps,
  actor: Principal,
  { url, description, events, proof }: WebhookDefinition & { readonly proof: Proof },
): Promise<{ id: string; secret: string }> {
  const id = randomId()
  const secret = newSecret()
  const { href, host } = destinationOf(deps, url)
  const { unchanged } = await reauthenticate(deps, actor, proof)
  await commit(deps, {
    preconditions: [
      hasPermissionNow(actor, 'admin:system'),
      unchanged,
      {
        name: 'room_for_a_webhook',
        holds: sql`(SELECT count(*) FROM webhooks) < ${MAX_WEBHOOKS}`,
        otherwise: 'limit_reached',
      },
    ],
    change: [
      deps.db.insert(webhooks).values({
        id,
        url: href,
        description,
        events: chosen(events),
        secret: await encrypt(deps.config.DATA_KEYS, aadOf(WEBHOOK_SECRET, id), secret),
        createdBy: actor.userId,
        createdAt: deps.now,
      }),
    ],
    audit: [
      {
        event: 'webhook.created',
        actor: actor.userId,
        target: null,
        data: { webhook_id: id, host, events: chosen(events) },
      },
    ],
    outbox: notification(deps, actor.subject, 'webhook-created', {
      about: 'webhook',
      host,
      change: null,
    }),
  })
  return { id, secret }
}

export type WebhookChange = {
  readonly [F in keyof WebhookDefinition]?: WebhookDefinition[F] | undefined
} & { readonly enabled?: boolean | undefined; readonly proof: Proof }

/**
 * Changes the given fields. An endpoint that is enabled again starts without recorded failures.
 * Deliveries that came due while it was disabled stay failed and can be redelivered. A new URL
 * needs the proof, since it sends events elsewhere. Throws `not_found`, `validation_failed`,
 * `forbidden`, and what reauthenticate throws.
 */
export async function changeWebhook(
  deps: Deps,
  actor: Actor,
  id: string,
  { url, description, events, enabled, proof }: WebhookChange,
): Promise<void> {
  const fields = Object.entries({ url, description, events, enabled }).flatMap(([name, value]) =>
    value === undefined ? [] : name,
  )
  if (fields.length === 0) return
  const destination = url === undefined ? undefined : destinationOf(deps, url)
  const before = destination || enabled ? await findWebhook(deps, id) : undefined
  const proved = destination && (await reauthenticate(deps, actor, proof))
  const isMoreSent = destination !== undefined || (enabled === true && before?.disabledAt !== null)
  const change: Change = {
    preconditions: [
      webhookIsThere(id),
      hasPermissionNow(actor, 'admin:system'),
      ...(proved ? [proved.unchanged] : []),
    ],
    change: [
      deps.db
        .update(webhooks)
        .set({
          ...(destination && { url: destination.href, failingSince: null, pausedUntil: null }),
          ...(description !== undefined && { description }),
          ...(events !== undefined && { events: chosen(events) }),
          ...(enabled === true && {
            disabledAt: null,
            disabledReason: null,
            failingSince: null,
            pausedUntil: null,
          }),
          // An endpoint that is already disabled keeps its original time and reason.
          ...(enabled === false && {
            disabledAt: sql`coalesce(disabled_at, ${deps.now})`,
            disabledReason: sql`coalesce(disabled_reason, 'by_admin')`,
          }),
        })
        .where(eq(webhooks.id, id)),
    ],
    audit: [
      {
        event: 'webhook.changed',
        actor: actor.userId,
        target: null,
        data: { webhook_id: id, host: destination?.host ?? null, fields },
      },
    ],
  }
  if (!before || !isMoreSent) {
    await commit(deps, change)
    return
  }
  const about = {
    host: destination?.host ?? new URL(before.url).host,
    change: destination ? ('url' as const) : ('enabled' as const),
  }
  await commitAndTell(deps, actor, id, about, change)
}

function destinationOf(deps: Deps, text: string): { href: string; host: string } {
  const checked = checkDestination(deps.config, text)
  if ('refused' in checked) throw invalidFields(urlIssues(deps, text))
  return { href: checked.url, host: new URL(checked.url).host }
}

const chosen = (events: readonly EventName[] | null): EventName[] | null =>
  events && [...new Set(events)]
