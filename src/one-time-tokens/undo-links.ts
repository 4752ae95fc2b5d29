/**
 * How the links that undo email changes relate to each other. Each reserves an address for its
 * user, and an older link overrides the newer ones, so that an owner prevails over a thief who
 * changed the address later. See test/email-change/undo-order.test.ts.
 */
import { and, eq, gt, gte, lt, type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import type { Statement } from '../db/batch'
import { oneTimeTokens } from '../tables/one-time-tokens'
import type { NewToken } from './one-time-token'

/** For a row of one_time_tokens under this alias: it is a valid link that reserves this address. */
const keeps = (deps: Deps, alias: string, emailKey: SQL): SQL => {
  const row = sql.raw(alias)
  const keyIds = sql.join(
    deps.config.TOKEN_KEYS.ids.map((id) => sql`${id}`),
    sql`, `,
  )
  return sql`${row}.reserved_key = ${emailKey} AND ${row}.expires_at > ${deps.now}
    AND ${row}.key_id IN (${keyIds})`
}

/** No valid link of another user reserves this address. */
export const isNotReserved = (
  deps: Deps,
  emailKey: string | SQL,
  exceptUserId: number | null = null,
): SQL => sql`
  NOT EXISTS (SELECT 1 FROM one_time_tokens AS kept
    WHERE ${keeps(deps, 'kept', sql`${emailKey}`)} AND kept.user_id IS NOT ${exceptUserId})`

/**
 * The creation time of a new link of the user in `users`: now, but after all existing links. Their
 * order must not be reversed if the clock was set back in between.
 */
export const afterOlder = (deps: Deps): SQL => sql`
  max(${deps.now}, coalesce((SELECT max(older.created_at) + 1 FROM one_time_tokens AS older
    WHERE older.user_id = users.id AND older.purpose = 'undo_email_change'), 0))`

/** When this user's oldest valid link that reserves the address was created; NULL without one. */
const oldestKeeping = (deps: Deps, userId: number, emailKey: string): SQL => sql`
  (SELECT min(kept.created_at) FROM one_time_tokens AS kept
    WHERE ${keeps(deps, 'kept', sql`${emailKey}`)} AND kept.user_id = ${userId})`

/** The address is reserved by a valid link of this user, so a change to it is a move back. */
export const isReturn = (deps: Deps, userId: number, emailKey: string): SQL =>
  sql`${oldestKeeping(deps, userId, emailKey)} IS NOT NULL`

/**
 * After a move back to an earlier address: revokes the link that would have restored it, and the
 * links of every later change, which a thief may have made. Does nothing for any other change.
 */
export const revokeReturnedLinks = (deps: Deps, userId: number, emailKey: string): Statement =>
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
 * Extends the older valid links to expire no earlier than this new one. Otherwise the link of an
 * address that a thief has had could outlive the owner's, and the owner could not override it.
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

/** Links kept for a user. An erasure looks at the address of each, so the number is limited. */
const KEPT_LINKS = 20

/** Revokes the links between the oldest, which overrides all others, and the newest. */
export const revokeMiddleLinks = (deps: Deps, userId: number): Statement => {
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
