import { sql } from 'drizzle-orm'
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import { findAppRow } from '../apps/list-apps'
import type { Deps } from '../context'
import type { ListPage, Position } from '../http/list-page'
import { deliveryFields, readDeliveryLog } from '../outbox/delivery-log'

export const LogoutDelivery = answerSchema(() =>
  z
    .object({
      id: z.string(),
      sid: z.string().meta({ description: 'The session that ended, as the app knows it' }),
      sub: z.string().meta({ description: 'The user, as the app knows them' }),
      reason: z.string().meta({ description: 'Why the session ended', example: 'signed_out' }),
      ...deliveryFields(),
      can_retry: z.boolean().meta({
        description: 'Whether `POST /api/v1/admin/outbox/{id}/retry` with this id tries it again',
      }),
    })
    .meta({ id: 'LogoutDelivery' }),
)
export type LogoutDelivery = z.output<typeof LogoutDelivery>

interface OwnColumns extends Pick<LogoutDelivery, 'sid' | 'sub' | 'reason'> {
  /** Whether its outbox row is still there. */
  readonly is_owed: number
}

/** The content of a cursor: the id of the last delivery. */
export const LOGOUT_ORDER = /^[0-9a-f]{22}$/

/**
 * Returns a page of the deliveries to an app's back-channel logout URI in the last 30 days, newest first. Throws
 * `not_found`.
 */
export async function listLogoutDeliveries(
  deps: Deps,
  clientId: string,
  from: Position | undefined,
): Promise<ListPage<LogoutDelivery>> {
  await findAppRow(deps, clientId)
  const page = await readDeliveryLog<OwnColumns>(deps, {
    of: sql`logout_deliveries WHERE client_id = ${clientId}`,
    columns: sql`log.sid, log.sub, log.reason,
      EXISTS (SELECT 1 FROM outbox WHERE id = log.id) AS is_owed`,
    from,
  })
  const items = page.items.map(({ is_owed: isOwed, ...item }) => ({
    ...item,
    can_retry: item.state !== 'delivered' && isOwed === 1,
  }))
  return { ...page, items }
}
