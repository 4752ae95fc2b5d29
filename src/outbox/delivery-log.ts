/**
 * Logs of what was delivered to webhooks and to apps, newest first. A page reads only the rows that it shows.
 * The outbox has a row of the same id until a delivery succeeds or is given up.
 */
import { type SQL, sql } from 'drizzle-orm'
import * as z from 'zod'
import type { Deps } from '../context'
import { type ListPage, type Position, readListPage } from '../http/list-page'
import { DELIVERY_STATES } from '../tables/webhooks'
import { iso, isoOrNull } from '../time'

const PAGE_SIZE = 50
const instant = () => z.iso.datetime().nullable()

/** The part of a delivery that every log has. */
export const deliveryFields = () => ({
  state: z.enum(DELIVERY_STATES),
  attempts: z.int(),
  last_status: z.int().nullable(),
  last_error: z.string().nullable(),
  next_attempt_at: instant(),
  delivered_at: instant(),
  created_at: z.iso.datetime(),
})
type Fields = {
  [F in keyof ReturnType<typeof deliveryFields>]: z.output<ReturnType<typeof deliveryFields>[F]>
}

type Row<T> = T &
  Omit<Fields, 'next_attempt_at' | 'delivered_at' | 'created_at'> &
  Record<'next_attempt_at' | 'delivered_at', number | null> & { id: string; created_at: number }

/** A page of the deliveries `of` one receiver, with these columns of `log` beside those that every log has. */
export async function readDeliveryLog<T>(
  deps: Deps,
  { of, columns, from }: { of: SQL; columns: SQL; from: Position | undefined },
): Promise<ListPage<T & Fields & { id: string }>> {
  const page = await readListPage<Row<T>>(deps, {
    rows: sql`
      SELECT log.id, ${columns}, log.state, log.attempts, log.last_status, log.last_error,
        log.delivered_at, log.created_at,
        (SELECT next_attempt_at FROM outbox WHERE id = log.id AND dead_at IS NULL) AS next_attempt_at
      FROM (SELECT * FROM ${of} ${from ? sql`AND id < ${from.after}` : sql``}
        ORDER BY id DESC LIMIT ${PAGE_SIZE + 1}) AS log`,
    all: sql`SELECT 1 FROM ${of}`,
    size: PAGE_SIZE,
    from,
    keyOf: ({ id }) => id,
  })
  return { ...page, items: page.items.map(withInstants) }
}

const withInstants = <T>(row: Row<T>) => ({
  ...row,
  next_attempt_at: isoOrNull(row.next_attempt_at),
  delivered_at: isoOrNull(row.delivered_at),
  created_at: iso(row.created_at),
})
