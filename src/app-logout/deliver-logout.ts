/**
 * Back-channel logout (OpenID Connect Back-Channel Logout 1.0): performs the outbox row that a trigger wrote for
 * a session of an app that ended, by one attempt to notify the app. The session's tokens are refused already, so
 * a delivery that is late leaves only the app's own session open. Delivery is at least once.
 */
import { sql } from 'drizzle-orm'
import { signLogoutToken } from '../app-tokens/logout-token'
import { notifyWebhooks } from '../commit/commit'
import type { Deps } from '../context'
import { runBatch } from '../db/batch'
import type { AppRow } from '../tables/apps'
import type { OutboxRow } from '../tables/outbox'
import { DeliveryFailed, postOnce, TIMEOUT_MS } from '../webhooks/attempt'
import { checkDestination } from '../webhooks/destination'

/** After a timeout an app gets no logout tokens for this long, so that others do not wait for it. */
const PAUSE_MS = 60_000
/** Section 2.8: 200, or 204 from frameworks that replace an empty 200 by it. */
const DONE: ReadonlySet<number> = new Set([200, 204])

interface PendingLogout {
  readonly id: string
  readonly client_id: string
  readonly sid: string
  readonly sub: string
  readonly state: 'pending' | 'delivered' | 'dead'
  /** The app, as it is now. All null if it was deleted. */
  readonly name: string | null
  readonly alg: AppRow['idTokenAlg'] | null
  readonly url: string | null
  readonly disabled_at: number | null
  readonly paused_until: number | null
}

/** Whether an outbox row of the webhooks' partition is a logout. */
export const isLogout = ({ payload }: Pick<OutboxRow, 'payload'>): boolean =>
  (JSON.parse(payload) as { logout?: unknown }).logout === true

/** Makes one attempt. Throws the failure, after recording it with the delivery. */
export async function deliverLogout(deps: Deps, row: OutboxRow): Promise<void> {
  const delivery = await findLogout(deps, row.id)
  // It was purged, or it was delivered earlier and only the outbox row was left.
  if (!delivery || delivery.state === 'delivered') return
  const { name, alg, url, disabled_at } = delivery
  if (name === null || alg === null) return drop(deps, delivery, 'app_deleted')
  if (disabled_at !== null) return drop(deps, delivery, 'app_disabled')
  if (url === null) return drop(deps, delivery, 'no_logout_uri')
  try {
    // A pause counts as an attempt, so that deliveries to an app that hangs are given up at last.
    if (isPaused(delivery, deps.now)) throw new DeliveryFailed('app_paused')
    await noteSuccess(deps, delivery, await attempt(deps, delivery, { alg, url }))
  } catch (error) {
    if (error instanceof DeliveryFailed) await noteFailure(deps, row, delivery, error)
    throw error
  }
}

async function findLogout(deps: Deps, id: string): Promise<PendingLogout | undefined> {
  const [found] = await deps.db.all<PendingLogout>(sql`
    SELECT delivery.id, delivery.client_id, sid, sub, state, name, id_token_alg AS alg,
      backchannel_logout_uri AS url, disabled_at, logout_paused_until AS paused_until
    FROM logout_deliveries AS delivery LEFT JOIN apps ON apps.client_id = delivery.client_id
    WHERE delivery.id = ${id}`)
  return found
}

/** Each attempt has its own token: an app may refuse a `jti` that it has seen, and tokens live two minutes. */
async function attempt(
  deps: Deps,
  { client_id: clientId, sub, sid }: PendingLogout,
  { alg, url }: { alg: AppRow['idTokenAlg']; url: string },
): Promise<number> {
  const destination = checkDestination(deps.config, url)
  if ('refused' in destination) throw new DeliveryFailed('destination_refused', true)
  const token = await signLogoutToken(deps, { app: { clientId, idTokenAlg: alg }, sub, sid })
  const status = await postOnce(
    destination.url,
    new URLSearchParams({ logout_token: token }).toString(),
    { 'content-type': 'application/x-www-form-urlencoded' },
  )
  if (DONE.has(status)) return status
  // 400 is repeated too: it also says that the app could not do it now (section 2.8).
  throw status === 410
    ? new DeliveryFailed('gone', true, status)
    : new DeliveryFailed(`status_${status}`, false, status)
}

/** A pause that ends later than any can was written before the clock was set back. */
const isPaused = ({ paused_until: until }: PendingLogout, now: number): boolean =>
  until !== null && until > now && until <= now + TIMEOUT_MS + PAUSE_MS

const noteSuccess = (deps: Deps, { id, client_id: clientId }: PendingLogout, status: number) =>
  runBatch(deps, [
    sql`UPDATE logout_deliveries SET state = 'delivered', attempts = attempts + 1, last_status = ${status},
      last_error = NULL, delivered_at = ${deps.now} WHERE id = ${id}`,
    sql`UPDATE apps SET logout_paused_until = NULL
      WHERE client_id = ${clientId} AND logout_paused_until IS NOT NULL`,
  ])

async function noteFailure(
  deps: Deps,
  row: OutboxRow,
  { id, client_id: clientId }: PendingLogout,
  failed: DeliveryFailed,
) {
  const until = failed.code === 'timeout' ? deps.now + TIMEOUT_MS + PAUSE_MS : null
  await runBatch(deps, [
    sql`UPDATE logout_deliveries SET attempts = attempts + 1, last_status = ${failed.status},
      last_error = ${failed.code} WHERE id = ${id}`,
    sql`UPDATE apps SET logout_paused_until = ${until} WHERE client_id = ${clientId} AND ${until} IS NOT NULL`,
  ])
  // The first retry is due before the next cron run.
  if (row.attempts === 1 && failed.code !== 'app_paused') notifyWebhooks(deps, 6)
}

/** Drops a delivery: its outbox row is deleted as done, and the log says why. */
async function drop(deps: Deps, { id }: PendingLogout, why: string): Promise<void> {
  await deps.db.run(
    sql`UPDATE logout_deliveries SET state = 'dead', last_error = ${why} WHERE id = ${id}`,
  )
}
