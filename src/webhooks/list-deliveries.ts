/** An endpoint's deliveries, newest first. A page reads only the rows that it shows. */
import { sql } from 'drizzle-orm'
import * as z from 'zod'
import type { Deps } from '../context'
import { type ListPage, type Position, readListPage } from '../http/list-page'
import { DELIVERY_STATES } from '../tables/webhooks'
import { iso, isoOrNull } from '../time'
import { getWebhook } from './list-webhooks'

const PAGE_SIZE = 50
const instant = () => z.iso.datetime().nullable()

export const Delivery = z.lazy(() =>
  z
    .object({
      id: z.string().meta({ description: 'Sent to the endpoint as `webhook-id`' }),
      event: z.string(),
      event_id: z.string().meta({ description: 'The id of the event in the audit log' }),
      state: z.enum(DELIVERY_STATES),
      attempts: z.int(),
      last_status: z.int().nullable(),
      last_error: z.string().nullable(),
      next_attempt_at: instant(),
      delivered_at: instant(),
      created_at: z.iso.datetime(),
    })
    .meta({ id: 'WebhookDelivery' }),
)
export type Delivery = z.output<typeof Delivery>

type Row = Omit<Delivery, 'next_attempt_at' | 'delivered_at' | 'created_at'> &
  Record<'next_attempt_at' | 'delivered_at', number | null> & { created_at: number }

/** Returns a page of an endpoint's deliveries. Throws `not_found`. */
export async function listDeliveries(
  deps: Deps,
  webhookId: string,
  from: Position | undefined,
): Promise<ListPage<Delivery>> {
  await getWebhook(deps, webhookId)
  const its = sql`webhook_deliveries WHERE webhook_id = ${webhookId}`
  const page = await readListPage<Row>(deps, {
    rows: sql`
      SELECT log.id, log.event, log.event_id, log.state, log.attempts, log.last_status,
        log.last_error, log.delivered_at, log.created_at,
        (SELECT next_attempt_at FROM outbox WHERE id = log.id AND dead_at IS NULL) AS next_attempt_at
      FROM (SELECT * FROM ${its} ${from ? sql`AND id < ${from.after}` : sql``}
        ORDER BY id DESC LIMIT ${PAGE_SIZE + 1}) AS log`,
    all: sql`SELECT 1 FROM ${its}`,
    size: PAGE_SIZE,
    from,
    keyOf: ({ id }) => id,
  })
  return { ...page, items: page.items.map(toDelivery) }
}

const toDelivery = (row: Row): Delivery => ({
  ...row,
  next_attempt_at: isoOrNull(row.next_attempt_at),
  delivered_at: isoOrNull(row.delivered_at),
  created_at: iso(row.created_at),
})
