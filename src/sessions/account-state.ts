/**
 * AccountState: the snapshot of a user that the user's object acts on. D1 holds the truth, and only
 * `syncAccountState` passes it to the object. Calls may be late, repeated or out of order. `commitAndSync`
 * changes D1 and tells the object before the caller is answered. If it is interrupted in between, the
 * outbox row of the change does the rest. `commitAndPerform` is the same for any effect that a row can
 * repeat.
 */
import { sql } from 'drizzle-orm'
import { type Change, commit, type OutboxEntry, notifyOutbox } from '../commit/commit'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { runBatch } from '../db/batch'
import { DomainError } from '../errors'
import { log } from '../log'
import { outbox } from '../tables/outbox'
import { users } from '../tables/users'
import { sessionsOf } from './object-stub'
import type { AccountState, KeptSession, Versions } from './session-types'

/** The columns of an account state, to be selected in any query over `users`. */
export const accountStateColumns = {
  subject: users.subject,
  // Each column of a query needs a name of its own (db/meter.ts), and `id` is taken by the User's.
  userId: sql<number>`users.id`.as('user_id'),
  authVersion: users.authVersion,
  credentialVersion: users.credentialVersion,
  status: users.status,
  passwordExpiresAt: users.passwordExpiresAt,
  secondFactorEnabledAt: users.secondFactorEnabledAt,
  roleIds:
    sql<string>`(SELECT json_group_array(user_roles.role_id) FROM user_roles WHERE user_roles.user_id = users.id)`.as(
      'role_ids',
    ),
  passkeys:
    sql<string>`(SELECT json_group_array(passkeys.id) FROM passkeys WHERE passkeys.user_id = users.id)`.as(
      'passkey_ids',
    ),
}

interface AccountStateRow {
  subject: string
  userId: number
  authVersion: number
  credentialVersion: number
  status: string
  passwordExpiresAt: number | null
  secondFactorEnabledAt: number | null
  roleIds: string
  passkeys: string
}

export const toAccountState = (row: AccountStateRow): AccountState => ({
  subject: row.subject,
  userId: row.userId,
  authVersion: row.authVersion,
  credentialVersion: row.credentialVersion,
  isBlocked: row.status !== 'active',
  roleIds: (JSON.parse(row.roleIds) as number[]).sort((a, b) => a - b),
  passwordExpiresAt: row.passwordExpiresAt,
  isSecondFactorEnabled: row.secondFactorEnabledAt !== null,
  passkeys: (JSON.parse(row.passkeys) as string[]).sort(),
})

/**
 * The session that the newest change of credentials keeps, as its outbox row says. Every sync must keep
 * it: one that reaches the object before the change's own sync would sign the user out otherwise. At
 * most one row is of that version; max() makes the number of rows read the same each time.
 */
const keptColumn = sql<string | null>`(SELECT max(${outbox.payload} -> '$.keep') FROM ${outbox}
  WHERE ${outbox.subject} = users.subject AND ${outbox.kind} IN ('sync-authority', 'end-sessions')
    AND ${outbox.payload} ->> '$.keep.credentialVersion' = users.credential_version)`

/**
 * One may be overtaken, one may find that D1 was restored, one that it has a removed passkey again, one
 * succeeds, and one is to spare.
 */
const ROUNDS = 5

/**
 * Reads the user's account state from D1 and passes it to the user's object. No row means that the user was
 * erased. If the object is ahead of D1, as after a restore, D1's versions are raised past the object's,
 * and the next round passes those.
 */
export async function syncAccountState(
  deps: Deps,
  subject: string,
  keep?: KeptSession,
): Promise<AccountState | null> {
  for (let round = 0; round < ROUNDS; round++) {
    const [row] = await deps.db
      .select({
        ...accountStateColumns,
        homeRegion: users.homeRegion,
        passwordSetAt: users.passwordChangedAt,
        kept: keptColumn.as('kept'),
      })
      .from(users)
      .where(sql`${users.subject} = ${subject}`)
    const accountState = row ? toAccountState(row) : null
    const object = sessionsOf(deps, subject, row?.homeRegion)
    const isOwn = keep !== undefined && keep.credentialVersion === accountState?.credentialVersion
    const kept = row?.kept ? (JSON.parse(row.kept) as KeptSession) : null
    const result = await object.syncAccountState(
      accountState,
      isOwn ? keep : kept,
      row?.passwordSetAt,
    )
    if (result.status === 'erased') return null
    if (result.status === 'taken') {
      if (!row || !result.removed) return accountState
      await removeAgain(deps, row, result.removed)
      continue
    }
    // In the first round a newer sync may just have overtaken this one. D1 has been restored if it is
    // still behind when it is read again.
    if (row && round > 0) await raisePast(deps, row, result)
  }
  throw new Error('the object and D1 do not agree on the account state')
}

/** Does nothing if the user has changed since `row` was read: the next round reads again. */
const raisePast = (deps: Deps, row: AccountStateRow, seen: Versions) =>
  deps.db.run(sql`
    UPDATE ${users} SET
      auth_version = ${seen.authVersion} + 1,
      credential_version = max(credential_version, ${seen.credentialVersion}) + 1
    WHERE subject = ${row.subject} AND auth_version = ${row.authVersion}`)

/**
 * Removes passkeys that a restore of D1 has brought back. Their object refuses them, so the account state
 * must not count them as a factor that the user could prove. Recovery codes go with the last factor, or a
 * new first one would come without any.
 */
const removeAgain = (deps: Deps, row: AccountStateRow, ids: readonly string[]) =>
  runBatch(deps, [
    sql`DELETE FROM passkeys WHERE user_id = ${row.userId}
      AND id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
    sql`DELETE FROM recovery_codes WHERE user_id = ${row.userId}
      AND NOT EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = ${row.userId})
      AND EXISTS (SELECT 1 FROM users WHERE users.id = ${row.userId} AND users.two_factor_enabled_at IS NULL)`,
    sql`UPDATE ${users} SET auth_version = auth_version + 1 WHERE subject = ${row.subject}`,
  ])

const RETRY_AFTER_SECONDS = 60
/** The longest time that the direct attempt takes. After it the outbox may perform the row. */
const DIRECT_ATTEMPT_MS = 20_000

/**
 * Commits a change to a user's account state and tells the user's object before returning. Does so too when
 * nothing had to change, so that a repeated request does not succeed while an effect is still pending.
 * Throws `effect_pending` if the object could not be told. The change is saved, and the outbox retries.
 */
export const commitAndSync = (
  deps: Deps,
  subject: string,
  change: Change,
  keep?: KeptSession,
): Promise<boolean> =>
  commitAndPerform(deps, change, { kind: 'sync-authority', subject, payload: { keep } }, () =>
    syncAccountState(deps, subject, keep),
  )

/** Commits a change, and performs its effect before returning. Throws `effect_pending`. */
export async function commitAndPerform(
  deps: Deps,
  change: Change,
  pending: OutboxEntry,
  effect: () => Promise<unknown>,
): Promise<boolean> {
  const id = randomId()
  const isChanged = await commit(deps, {
    ...change,
    outbox: [...(change.outbox ?? []), { ...pending, id, notBefore: deps.now + DIRECT_ATTEMPT_MS }],
  })
  try {
    await twice(effect)
  } catch (cause) {
    notifyOutbox(deps, [id], DIRECT_ATTEMPT_MS / 1000)
    throw new DomainError('effect_pending', { retryAfter: RETRY_AFTER_SECONDS, cause })
  }
  // The effect is done. If this fails, the outbox repeats it, which changes nothing.
  if (isChanged) deps.waitUntil(forget(deps, id))
  return isChanged
}

const forget = async (deps: Deps, id: string): Promise<void> => {
  try {
    await deps.db.run(sql`DELETE FROM ${outbox} WHERE id = ${id}`)
  } catch {
    log.warn('outbox_row_left', deps)
  }
}

/** Retries once, but not an object that is overloaded. */
async function twice<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt()
  } catch (error) {
    if (error instanceof Error && 'overloaded' in error && error.overloaded === true) throw error
    return attempt()
  }
}
