/**
 * The grant of a device that waits for its user (RFC 8628 sections 3.4 and 3.5). The user's approval left an
 * authorization code in their object, and the row holds it encrypted. Of parallel polls one claims the row and redeems
 * the code: to the object a second one would be a replay, which ends the session.
 */
import { and, eq, sql } from 'drizzle-orm'
import { CLAIM_MS, deviceBinding } from '../apps/device-codes'
import type { Deps } from '../context'
import { decryptToken } from '../crypto/encrypted-token'
import { runBatch } from '../db/batch'
import { OAuthError, type OAuthErrorCode } from '../http/oauth-error'
import { errorName, log } from '../log'
import { type AppRow, deviceAuthorizations as table } from '../tables/apps'

/** RFC 8628 section 3.5: what `slow_down` adds. */
const SLOWER_SECONDS = 5
const SLOWEST_SECONDS = 60
/** Polls may arrive this early, as device timers and network delays vary. */
const EARLY_MS = 1_000

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** A code that is about to be exchanged, and the redirect URI that it was issued for. */
export interface HeldCode {
  readonly subject: string
  readonly id: string
  readonly redirectUri: string
}

/**
 * Does `exchange` with the code that the user's approval left, at most once. Throws `authorization_pending`,
 * `slow_down`, `access_denied`, `expired_token`, `invalid_grant`.
 */
export async function withDeviceCode<T>(
  deps: Deps,
  app: AppRow,
  deviceCode: string,
  exchange: (code: HeldCode) => Promise<T>,
): Promise<T> {
  const named = await decryptToken(deps.config.TOKEN_KEYS, 'device_code', deviceCode)
  if (!named) throw refused('invalid_grant', 'Unknown device_code')
  const { id } = named
  const code = await decryptToken(deps.config.TOKEN_KEYS, 'code', await claimed(deps, app, id))
  // The key has left the ring since.
  if (!code) throw refused('expired_token', 'Ask for a new device_code')
  let exchanged: T
  try {
    exchanged = await exchange({ ...code, redirectUri: deviceBinding(id) })
  } catch (error) {
    const isFinal = error instanceof OAuthError && error.code === 'invalid_grant'
    await (isFinal ? drop(deps, id) : release(deps, id))
    // The user has signed out since, or may not use the app any more.
    throw isFinal ? refused('access_denied', 'The approval is no longer valid') : error
  }
  await drop(deps, id)
  return exchanged
}

/** Notes the poll. The claimed code, or an error that says why there is none. */
async function claimed(deps: Deps, app: AppRow, id: string): Promise<string> {
  const { now } = deps
  // One transaction: what was read is what the update found.
  const tooEarly = sql`coalesce(last_polled_at > ${now + EARLY_MS} - poll_seconds * 1000, 0)`
  const isFree = sql`(claimed_at IS NULL OR claimed_at <= ${now - CLAIM_MS})`
  const [found] = await runBatch(deps, [
    sql`SELECT client_id, state, code, expires_at, ${tooEarly} AS too_early, ${isFree} AS free
      FROM ${table} WHERE id = ${id}`,
    sql`UPDATE ${table} SET
        poll_seconds = iif(state = 'pending' AND ${tooEarly},
          min(poll_seconds + ${SLOWER_SECONDS}, ${SLOWEST_SECONDS}), poll_seconds),
        claimed_at = iif(state = 'approved' AND ${isFree}, ${now}, claimed_at),
        last_polled_at = ${now}
      WHERE id = ${id} AND client_id = ${app.clientId} AND state <> 'denied' AND expires_at > ${now}
        AND NOT (state = 'pending' AND ${tooEarly} AND poll_seconds = ${SLOWEST_SECONDS})`,
  ])
  const [row] = (found?.results ?? []) as Polled[]
  if (!row || row.expires_at <= now) throw refused('expired_token', 'Ask for a new device_code')
  if (row.client_id !== app.clientId) throw refused('invalid_grant', 'Unknown device_code')
  if (row.state === 'denied') throw refused('access_denied', 'The user has not allowed it')
  if (row.state === 'approved' && row.code !== null && row.free === 1) return row.code
  throw row.state === 'pending' && row.too_early === 1
    ? refused('slow_down', 'Wait five seconds longer between requests')
    : refused('authorization_pending', 'The user has not decided yet')
}

interface Polled {
  readonly client_id: string
  readonly state: 'pending' | 'approved' | 'denied'
  readonly code: string | null
  readonly expires_at: number
  readonly too_early: 0 | 1
  readonly free: 0 | 1
}

const drop = (deps: Deps, id: string) => tidy(deps, deps.db.delete(table).where(eq(table.id, id)))

/** The object could not be asked: the next poll tries again. */
const release = (deps: Deps, id: string) =>
  tidy(
    deps,
    deps.db
      .update(table)
      .set({ claimedAt: null })
      .where(and(eq(table.id, id), eq(table.claimedAt, deps.now))),
  )

/** If it fails, the row expires with its claim: the device asks again, and no code is redeemed twice. */
async function tidy(deps: Deps, work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) =>
    log.warn('device_row_left', deps, { error: errorName(error) }),
  )
}

const refused = (code: OAuthErrorCode, description: string): OAuthError =>
  new OAuthError(code, description)
