import { asc, eq, sql } from 'drizzle-orm'
import type { Precondition } from '../commit/commit'
import type { Deps } from '../context'
import { DomainError } from '../errors'
import { type WebhookRow, webhooks } from '../tables/webhooks'
import { toWebhook, type Webhook } from './webhook-view'

const notFound = () => new DomainError('not_found', { detail: 'Webhook not found' })

/** Returns all endpoints, oldest first. There are few, so the list has no pages. */
export async function listWebhooks(deps: Deps): Promise<Webhook[]> {
  const rows = await deps.db.select().from(webhooks).orderBy(asc(webhooks.createdAt), webhooks.id)
  return rows.map((row) => toWebhook(row, deps.now))
}

/** Returns one endpoint. Throws `not_found`. */
export const getWebhook = async (deps: Deps, id: string): Promise<Webhook> =>
  toWebhook(await findWebhook(deps, id), deps.now)

/** Returns the stored row of an endpoint. Throws `not_found`. */
export async function findWebhook(deps: Deps, id: string): Promise<WebhookRow> {
  const [row] = await deps.db.select().from(webhooks).where(eq(webhooks.id, id))
  if (!row) throw notFound()
  return row
}

/** The endpoint exists when the batch runs. */
export const webhookIsThere = (id: string): Precondition => ({
  name: 'webhook_is_there',
  holds: sql`EXISTS (SELECT 1 FROM webhooks WHERE id = ${id})`,
  otherwise: notFound(),
})
