/** The messages to an app's back-channel logout URI, newest first. A page reads only the rows that it shows. */
import { sql } from 'drizzle-orm'
import * as z from 'zod'
import { findAppRow } from '../apps/list-apps'
import type { Deps } from '../context'
import { type ListPage, type Position, readListPage } from '../http/list-page'
import { iso, isoOrNull } from '../time'

const PAGE_SIZE = 50
const STATES = ['pending', 'delivered', 'dead'] as const
const instant = () => z.iso.datetime().nullable()

export const LogoutDelivery = z.lazy(() =>
  z
    .object({
      id: z.string(),
      sid: z.string().meta({ description: 'The session that ended, as the app knows it' }),
      sub: z.string().meta({ description: 'The user, as the app knows them' }),
      reason: z.string().meta({ description: 'Why the session ended', example: 'signed_out' }),
      state: z.enum(STATES),
      attempts: z.int(),
      last_status: z.int().nullable(),
      last_error: z.string().nullable(),
      next_attempt_at: instant(),
      delivered_at: instant(),
      created_at: z.iso.datetime(),
      can_retry: z.boolean().meta({
        description: 'Whether `POST /api/v1/admin/outbox/{id}/retry` with this id tries it again',
      }),
    })
    .meta({ id: 'LogoutDelivery' }),
)
export type LogoutDelivery = z.output<typeof LogoutDelivery>

interface Row extends Omit<
  LogoutDelivery,
  'next_attempt_at' | 'delivered_at' | 'created_at' | 'can_retry'
> {
  readonly next_attempt_at: number | null
  readonly delivered_at: number | null
  readonly created_at: number
  /** Whether its outbox row is still there. */
  readonly is_owed: number
}

/** The content of a cursor: the id of the last delivery. */
export const LOGOUT_ORDER = /^[0-9a-f]{22}$/

/** Returns a page of an app's deliveries of the last 30 days. Throws `not_found`. */
export async function listLogoutDeliveries(
  deps: Deps,
  clientId: string,
  from: Position | undefined,
): Promise<ListPage<LogoutDelivery>> {
  await findAppRow(deps, clientId)
  const its = sql`logout_deliveries WHERE client_id = ${clientId}`
  const page = await readListPage<Row>(deps, {
    rows: sql`
      SELECT log.id, log.sid, log.sub, log.reason, log.state, log.attempts, log.last_status,
        log.last_error, log.delivered_at, log.created_at,
        (SELECT next_attempt_at FROM outbox WHERE id = log.id AND dead_at IS NULL) AS next_attempt_at,
        EXISTS (SELECT 1 FROM outbox WHERE id = log.id) AS is_owed
      FROM (SELECT * FROM ${its} ${from ? sql`AND id < ${from.after}` : sql``}
        ORDER BY id DESC LIMIT ${PAGE_SIZE + 1}) AS log`,
    all: sql`SELECT 1 FROM ${its}`,
    size: PAGE_SIZE,
    from,
    keyOf: ({ id }) => id,
  })
  return { ...page, items: page.items.map(toLogoutDelivery) }
}

const toLogoutDelivery = ({ is_owed: isOwed, ...row }: Row): LogoutDelivery => ({
  ...row,
  can_retry: row.state !== 'delivered' && isOwed === 1,
  next_attempt_at: isoOrNull(row.next_attempt_at),
  delivered_at: isoOrNull(row.delivered_at),
  created_at: iso(row.created_at),
})
