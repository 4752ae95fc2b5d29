/**
 * Endpoints are made and changed by whoever runs the system. Where one goes to is checked here and again
 * at every delivery. The secret is made here, shown once, and stored encrypted.
 */
import { eq, sql } from 'drizzle-orm'
import type { Deps, Actor } from '../context'
import { randomId } from '../crypto/encoding'
import { lock } from '../crypto/secret-box'
import { commit } from '../db/commit'
import { type FieldIssue, invalidFields } from '../errors'
import type { EventName } from '../events'
import { stillMay } from '../rbac/conditions'
import { checkDestination } from './destination'
import { webhookIsThere } from './list-webhooks'
import { secretPlace, webhooks } from './schema'
import { newSecret } from './sign'

const MAX_WEBHOOKS = 20
const ALLOWED = 'A webhook goes by https on port 443 to a public host name, and not to our own'

export interface WebhookDefinition {
  readonly url: string
  readonly description: string
  /** null: every event. */
  readonly events: readonly EventName[] | null
}

/** What is wrong with a URL, as a field of a body; nothing for what is no text. */
export function urlIssues({ config }: Pick<Deps, 'config'>, url: unknown): FieldIssue[] {
  const checked = typeof url === 'string' ? checkDestination(config, url) : undefined
  return checked && 'refused' in checked
    ? [{ path: 'url', code: checked.refused, message: ALLOWED }]
    : []
}

/** Makes an endpoint; its secret is told here and never again. Throws `validation_failed`, `limit_reached`, `forbidden`. */
export async function createWebhook(
  deps: Deps,
  actor: Actor,
  { url, description, events }: WebhookDefinition,
): Promise<{ id: string; secret: string }> {
  const id = randomId()
  const secret = newSecret()
  const { href, host } = destinationOf(deps, url)
  await commit(deps, {
    preconditions: [
      stillMay(actor, 'admin:system'),
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
        secret: await lock(deps.config.DATA_KEYS, secretPlace(id), secret),
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
  })
  return { id, secret }
}

export type WebhookChange = {
  readonly [F in keyof WebhookDefinition]?: WebhookDefinition[F] | undefined
} & { readonly enabled?: boolean | undefined }

/**
 * Changes what is given. One that is enabled again starts with a clean slate; what came due while it was
 * disabled stays dead and can be redelivered. Throws `not_found`, `validation_failed`, `forbidden`.
 */
export async function changeWebhook(
  deps: Deps,
  actor: Actor,
  id: string,
  { url, description, events, enabled }: WebhookChange,
): Promise<void> {
  const fields = Object.entries({ url, description, events, enabled }).flatMap(([name, value]) =>
    value === undefined ? [] : name,
  )
  if (fields.length === 0) return
  const destination = url === undefined ? undefined : destinationOf(deps, url)
  await commit(deps, {
    preconditions: [webhookIsThere(id), stillMay(actor, 'admin:system')],
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
          // One that is disabled keeps since when and why.
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
  })
}

function destinationOf(deps: Deps, text: string): { href: string; host: string } {
  const checked = checkDestination(deps.config, text)
  if ('refused' in checked) throw invalidFields(urlIssues(deps, text))
  return { href: checked.url, host: new URL(checked.url).host }
}

const chosen = (events: readonly EventName[] | null): EventName[] | null =>
  events && [...new Set(events)]
