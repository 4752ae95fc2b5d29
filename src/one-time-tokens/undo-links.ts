/**
 * The links that undo a change of address, as they stand to each other. Each keeps an address for its
 * user, and an older one has the last word over a younger one.
 */
import { and, eq, gt, gte, lt, type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import type { Statement } from '../db/batch'
import type { NewToken } from './one-time-token'
import { oneTimeTokens } from '../tables/one-time-tokens'

/** Of a row of one_time_tokens under this alias: it keeps this address, as a link that works. */
const keeps = (deps: Deps, alias: string, emailKey: SQL): SQL => {
  const row = sql.raw(alias)
  const keyIds = sql.join(
    deps.config.TOKEN_KEYS.ids.map((id) => sql`${id}`),
    sql`, `,
  )
  return sql`${row}.reserved_key = ${emailKey} AND ${row}.expires_at > ${deps.now}
    AND ${row}.key_id IN (${keyIds})`
}

/** No link of another user may still bring this address back. */
export const isNotReserved = (
  deps: Deps,
  emailKey: string | SQL,
  exceptUserId: number | null = null,
): SQL => sql`
  NOT EXISTS (SELECT 1 FROM one_time_tokens AS kept
    WHERE ${keeps(deps, 'kept', sql`${emailKey}`)} AND kept.user_id IS NOT ${exceptUserId})`

/**
 * When a link of the user in `users` counts as made: now, but behind the links that are there already. A
 * clock that was set back in between must not turn their order round.
 */
export const afterOlder = (deps: Deps): SQL => sql`
  max(${deps.now}, coalesce((SELECT max(older.created_at) + 1 FROM one_time_tokens AS older
    WHERE older.user_id = users.id AND older.purpose = 'undo_email_change'), 0))`

/** When the oldest link was made that may bring this address back to this user; NULL if there is none. */
const oldestKeeping = (deps: Deps, userId: number, emailKey: string): SQL => sql`
  (SELECT min(kept.created_at) FROM one_time_tokens AS kept
    WHERE ${keeps(deps, 'kept', sql`${emailKey}`)} AND kept.user_id = ${userId})`

/** A move to this address goes back to one that a link of this user may bring back. */
export const isReturn = (deps: Deps, userId: number, emailKey: string): SQL =>
  sql`${oldestKeeping(deps, userId, emailKey)} IS NOT NULL`

/**
 * For a move back to an earlier address: ends the link that would have restored that address, and the
 * links of every later change, which a thief may have made. Does nothing for any other move.
 */
export const endReturned = (deps: Deps, userId: number, emailKey: string): Statement =>
  deps.db
    .delete(oneTimeTokens)
    .where(
      and(
        eq(oneTimeTokens.userId, userId),
        eq(oneTimeTokens.purpose, 'undo_email_change'),
        gte(oneTimeTokens.createdAt, oldestKeeping(deps, userId, emailKey)),
      ),
    )

/**
 * Keeps the older links that still work for as long as this new one. Otherwise the link of an address
 * that a thief has had could outlive that of the owner, and nothing would be left against it.
 */
export const outliveBy = (deps: Deps, userId: number, link: NewToken): Statement =>
  deps.db
    .update(oneTimeTokens)
    .set({ expiresAt: link.expiresAt })
    .where(
      and(
        eq(oneTimeTokens.userId, userId),
        eq(oneTimeTokens.purpose, 'undo_email_change'),
        gt(oneTimeTokens.expiresAt, deps.now),
        lt(oneTimeTokens.expiresAt, link.expiresAt),
        sql`EXISTS (SELECT 1 FROM one_time_tokens AS stored WHERE stored.hash = ${link.hash})`,
      ),
    )

/** An erasure looks at the address of each link, so there must not be any number of them. */
const KEPT_LINKS = 20

/** Ends the links between the oldest, which has the last word, and the newest. */
export const endMiddle = (deps: Deps, userId: number): Statement => {
  const links = sql`SELECT hash FROM one_time_tokens WHERE user_id = ${userId} AND purpose = 'undo_email_change'`
  return deps.db
    .delete(oneTimeTokens)
    .where(
      and(
        eq(oneTimeTokens.userId, userId),
        eq(oneTimeTokens.purpose, 'undo_email_change'),
        sql`hash NOT IN (${links} ORDER BY created_at LIMIT 1)`,
        sql`hash NOT IN (${links} ORDER BY created_at DESC LIMIT ${KEPT_LINKS - 1})`,
      ),
    )
}
